// A box says its text a moment after it has lost the focus. A quick click or tap on a link to another page can be told
// before that, and the late text would then take the reader back to where it was typed: such a click waits for the text.
const SAID_WITHIN = 120 // milliseconds

function letLinksWaitForText() {
  const ours = new WeakSet()
  let typed = false
  let left = -Infinity
  let isWaiting = false
  document.addEventListener("input", () => { typed = true }, true)
  document.addEventListener("focusout", () => {
    if (typed) left = performance.now()
    typed = false
  }, true)
  document.addEventListener("click", event => {
    const link = event.target.closest?.("a")
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    const isEarly = isWaiting || performance.now() - left <= SAID_WITHIN
    if (!link || !isPlain || !isEarly || ours.has(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    if (isWaiting) return // the second click of two
    isWaiting = true
    setTimeout(() => {
      isWaiting = false
      const late = new MouseEvent("click", event)
      ours.add(late)
      const target = link.isConnected ? link : [...document.links].find(other => other.href === link.href)
      target?.dispatchEvent(late)
    }, SAID_WITHIN)
  }, true)
}

if (!document.documentElement.dataset.linksWait) {
  document.documentElement.dataset.linksWait = "yes"
  letLinksWaitForText()
}
