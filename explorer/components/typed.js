// A box says its text a moment after it has lost the focus. A quick click or tap on a link or button can be told before
// that, and the late text would then take the reader back to where it was typed: such a click waits for the text.
const SAID_WITHIN = 120 // milliseconds

function letClicksWaitForText() {
  let typed = false
  let left = -Infinity
  document.addEventListener("input", () => { typed = true }, true)
  document.addEventListener("focusout", () => {
    if (typed) left = performance.now()
    typed = false
  }, true)
  document.addEventListener("click", event => {
    const target = event.composedPath()[0]
    const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!plain || performance.now() - left > SAID_WITHIN || !target.closest?.("a, button")) return
    event.preventDefault()
    event.stopImmediatePropagation()
    left = -Infinity
    setTimeout(() => target.dispatchEvent(new MouseEvent("click", event)), SAID_WITHIN)
  }, true)
}

if (!document.documentElement.dataset.clicksWait) {
  document.documentElement.dataset.clicksWait = "yes"
  letClicksWaitForText()
}
