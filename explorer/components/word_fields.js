const PAUSE = 90 // ms without a key until suggestions are asked for

// Boxes and one list of suggestions under them, made once for as many boxes.
function built(root, count, label) {
  const row = made("div", "row"), list = made("ul", "")
  row.setAttribute("role", "group")
  row.setAttribute("aria-label", label)
  list.setAttribute("role", "listbox")
  list.setAttribute("aria-label", "Suggestions")
  list.id = "suggestions"
  list.hidden = true
  const boxes = Array.from({ length: count }, () => {
    const before = made("span", "before"), field = made("span", "field"), box = made("input", "")
    box.type = "text"
    box.autocomplete = "off"
    box.spellcheck = false
    box.maxLength = 100
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "suggestions"], ["aria-expanded", "false"]])
      box.setAttribute(name, value)
    field.append(before, box)
    row.append(field)
    return { box, before }
  })
  root.className = "root"
  root.replaceChildren(row, list)
  return { boxes, list, count, at: -1, asked: "", sent: null }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  if (root.parts?.count !== data.fields.length) root.parts = built(root, data.fields.length, data.label)
  const parts = root.parts, { boxes, list } = parts
  const active = () => boxes.find(({ box }) => box === box.getRootNode().activeElement)?.box

  function close() {
    clearTimeout(parts.timer)
    parts.asked = ""
    parts.at = -1
    list.hidden = true
    for (const { box } of boxes) {
      box.setAttribute("aria-expanded", "false")
      box.removeAttribute("aria-activedescendant")
    }
  }

  function commit() {
    close()
    const words = boxes.map(({ box }) => box.value.trim())
    const known = JSON.stringify(data.fields.map(({ word }) => word))
    const now = JSON.stringify(words)
    if (now === known || now === parts.sent) return
    parts.sent = now
    setTriggerValue("words", words)
  }

  function mark(at) {
    parts.at = at
    const box = active()
    ;[...list.children].forEach((item, i) => item.setAttribute("aria-selected", i === at))
    if (!box) return
    if (at < 0) box.removeAttribute("aria-activedescendant")
    else box.setAttribute("aria-activedescendant", list.children[at].id)
  }

  function take(box, word) {
    box.value = word
    commit()
  }

  data.fields.forEach(({ label, word, before }, i) => {
    const { box, before: sign } = boxes[i]
    sign.textContent = before ?? ""
    sign.hidden = !before
    box.setAttribute("aria-label", label)
    // What the reader is typing stays; a word that was chosen elsewhere comes in.
    if (active() !== box || box.value === box.committed) box.value = word
    box.committed = word
    box.oninput = () => {
      clearTimeout(parts.timer)
      const typed = box.value.trim()
      parts.asked = typed
      if (!typed) close()
      else parts.timer = setTimeout(() => setTriggerValue("typed", typed), PAUSE)
    }
    box.onkeydown = event => {
      const count = list.hidden ? 0 : list.children.length
      if (event.key === "Enter") {
        event.preventDefault()
        if (count && parts.at >= 0) take(box, list.children[parts.at].textContent)
        else commit()
      } else if (event.key === "Escape") {
        if (count) close()
        else box.value = word
      } else if (count && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        event.preventDefault()
        const by = event.key === "ArrowDown" ? 1 : -1
        mark(((parts.at + by + 1 + count + 1) % (count + 1)) - 1)
      }
    }
    box.onfocus = () => { close(); box.select() }
    box.onblur = commit
  })
  if (JSON.stringify(data.fields.map(({ word }) => word)) === parts.sent) parts.sent = null

  const { typed, words } = data.suggestions, box = active()
  if (box && typed && typed === parts.asked) {
    list.replaceChildren(...words.map((word, i) => {
      const item = made("li", "", word)
      item.id = `suggestion-${i}`
      item.setAttribute("role", "option")
      item.setAttribute("aria-selected", "false")
      // Before the box loses the focus, and commits what stands in it.
      item.onpointerdown = event => { event.preventDefault(); take(box, word) }
      return item
    }))
    list.hidden = !words.length
    list.style.left = box.offsetLeft + "px"
    box.setAttribute("aria-expanded", String(words.length > 0))
    mark(-1)
  }
}
