const KEYS = "1234567890"
const PATIENCE = 3000 // ms until a press that changed nothing no longer holds up the next one

function isTyping() {
  let element = document.activeElement
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  return element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName))
}

// A press means the chart that it will be answered by: the next one waits until the last one is drawn.
const waiting = []
let sent = { version: null, at: 0 }

export default function (component) {
  const { data, setTriggerValue } = component

  function next() {
    const busy = sent.version === data.version && Date.now() - sent.at < PATIENCE
    if (busy || !waiting.length) return
    const choice = data.choices[waiting.shift()]
    if (choice === undefined) return
    sent = { version: data.version, at: Date.now() }
    setTriggerValue("pressed", choice)
  }

  document.onkeydown = event => {
    const position = KEYS.indexOf(event.key)
    if (position < 0 || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping()) return
    event.preventDefault()
    waiting.push(position)
    next()
  }
  next()
  return () => { document.onkeydown = null; waiting.length = 0 }
}
