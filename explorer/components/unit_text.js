// A text, each character coloured by a number; a drag or Shift and the arrow keys mark a span, a click a place.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section"), values = decoded(data.values)
  ;["--above", "--below", "--mark"].forEach((name, i) => root.style.setProperty(name, [...data.colours, data.mark][i]))
  if (root.text?.version !== data.text) {
    const box = made("div", "text"), letters = [...data.text].map(letter => made("span", "", letter))
    box.tabIndex = 0
    box.setAttribute("role", "application")
    box.setAttribute("aria-label", "The text, coloured by the unit. Arrow keys move the mark; with Shift they mark a span; Enter takes it")
    box.append(...letters)
    const read = made("div", "read")
    read.setAttribute("role", "status")
    root.replaceChildren(box, read)
    root.text = { version: data.text, box, letters, read, from: null, to: null, drags: false }
  }
  const state = root.text, { box, letters, read } = state, most = reachOf(values)
  if (state.known !== JSON.stringify(data.span)) {
    state.known = JSON.stringify(data.span)
    ;[state.from, state.to] = data.span ?? [null, null]
  }

  letters.forEach((letter, i) => {
    letter.style.setProperty("--shade", Math.min(1, Math.abs(values[i]) / most))
    letter.style.setProperty("--colour", values[i] >= 0 ? data.colours[0] : data.colours[1])
  })

  function mark() {
    const [first, last] = state.from === null ? [1, 0] : [Math.min(state.from, state.to), Math.max(state.from, state.to)]
    letters.forEach((letter, i) => {
      letter.className = [i >= first && i <= last && "marked", data.places.includes(i) && "alike"].filter(Boolean).join(" ")
    })
  }

  function tell(i) {
    read.textContent = i === null ? "" : `${data.name} at character ${i + 1}: ${digits(values[i])}`
  }

  function choose() {
    if (state.from !== null) setTriggerValue("span", [Math.min(state.from, state.to), Math.max(state.from, state.to)])
  }

  const at = event => letters.indexOf(event.target)
  box.onpointerdown = event => {
    const i = at(event)
    if (i < 0 || event.button) return
    event.preventDefault()
    box.focus({ preventScroll: true })
    Object.assign(state, { from: i, to: i, drags: true })
    mark()
  }
  box.onpointermove = event => {
    const i = at(event)
    tell(i < 0 ? null : i)
    if (!state.drags || i < 0 || i === state.to) return
    state.to = i
    mark()
  }
  box.onpointerleave = () => tell(null)
  box.onpointerup = box.onpointercancel = () => {
    if (!state.drags) return
    state.drags = false
    choose()
  }
  box.onkeydown = event => {
    if (event.key === "Enter") choose()
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    state.to = Math.max(0, Math.min(letters.length - 1, (state.to ?? -1) + by))
    if (!event.shiftKey || state.from === null) state.from = state.to
    mark()
    tell(state.to)
    letters[state.to].scrollIntoView({ block: "nearest" })
  }
  mark()
}
