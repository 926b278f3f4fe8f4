const KEYS = "1234567890"

function isTyping() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName))
}

export default function (component) {
  const { data, setTriggerValue } = component
  // One listener, whose meaning follows the newest data.
  document.onkeydown = event => {
    const position = KEYS.indexOf(event.key)
    if (position < 0 || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping()) return
    if (position >= data.choices.length) return
    event.preventDefault()
    setTriggerValue("pressed", data.choices[position])
  }
  return () => { document.onkeydown = null }
}
