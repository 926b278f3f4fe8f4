function explain(card, item) {
  card.replaceChildren(made("div", "what", item.token), ...item.facts.map(fact => made("div", "fact", fact)))
  if (item.instead.length) {
    const list = made("dl", "instead")
    for (const [token, probability] of item.instead) list.append(made("dt", "", token), made("dd", "", probability))
    card.append(made("div", "fact head", "The model's first choices here"), list)
  }
  card.append(made("div", "hint", "Click: cut the text before this token"))
}

function place(card, token, root) {
  const frame = root.getBoundingClientRect(), box = token.getBoundingClientRect()
  card.hidden = false
  card.style.left = Math.max(0, Math.min(box.left - frame.left, frame.width - card.offsetWidth)) + "px"
  card.style.top = box.bottom - frame.top + 6 + "px"
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.className = "root"
  root.style.setProperty("--colour", data.colour)
  const strip = made("div", "strip")
  strip.setAttribute("role", "group")
  strip.setAttribute("aria-label", "The text as tokens")
  const card = made("div", "card")
  card.hidden = true
  const start = made("span", "start")
  start.append(made("bdi", "text", data.start), made("span", "label", data.unit))
  strip.append(start)
  data.tokens.forEach((item, position) => {
    const token = made("button", "token")
    token.type = "button"
    token.tabIndex = position === data.tokens.length - 1 ? 0 : -1 // one stop for Tab; the arrows go on from there
    token.append(made("bdi", "text", item.token), made("span", "label", item.label))
    token.style.setProperty("--shade", item.shade)
    token.setAttribute("aria-label", [item.token, ...item.facts, "Press to cut the text here"].join(". "))
    token.onclick = () => setTriggerValue("cut", position)
    token.onmouseenter = token.onfocus = () => { explain(card, item); place(card, token, root) }
    token.onmouseleave = token.onblur = () => { card.hidden = true }
    token.onkeydown = event => {
      if (event.key === "Escape") card.hidden = true
      const next = { ArrowRight: token.nextElementSibling, ArrowLeft: token.previousElementSibling }[event.key]
      if (!(next instanceof HTMLButtonElement)) return
      token.tabIndex = -1
      next.tabIndex = 0
      next.focus()
    }
    strip.append(token)
  })
  root.replaceChildren(strip, card)
  strip.scrollTop = strip.scrollHeight // of a long text, what is being read is its end
}
