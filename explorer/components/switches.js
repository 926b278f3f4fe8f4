const FEW = 8 // rows up to which buttons are high

function built(root, data) {
  const box = made("div", "box"), inner = made("div", data.columns.length ? "table" : "line"), cells = []
  box.setAttribute("role", "group")
  box.setAttribute("aria-label", data.label)
  if (data.columns.length) {
    inner.style.gridTemplateColumns = `auto repeat(${data.columns.length}, minmax(14px, 1fr))`
    inner.append(made("span", "column"), ...data.columns.map(name => made("span", "column", name)))
  }
  inner.style.setProperty("--height", data.rows.length > FEW ? "13px" : "26px")
  for (const { name, switches } of data.rows) {
    if (data.columns.length) inner.append(made("span", "row", name))
    cells.push(switches.map(one => {
      const button = made("button", "", one.text)
      button.type = "button"
      button.title = one.said
      button.setAttribute("aria-label", one.said)
      button.tabIndex = -1
      button.text = one.text
      button.name = one.name
      return button
    }))
    inner.append(...cells.at(-1))
  }
  box.append(inner)
  root.replaceChildren(box)
  return { cells, box, off: new Set(), turn: 0 }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section"), shape = JSON.stringify([data.rows, data.columns])
  ;["--on", "--off"].forEach((name, i) => root.style.setProperty(name, data.colours[i]))
  if (root.shape !== shape) {
    root.shape = shape
    root.switches = built(root, data)
    const last = root.switches.cells.at(-1)?.[0] // one stop for Tab; the arrows go on from there
    if (last) last.tabIndex = 0
    if (data.columns.length) root.switches.box.scrollTop = root.switches.box.scrollHeight
  }
  const state = root.switches, { cells } = state
  // What the page says before it has heard of the newest click is no news.
  if (data.turn >= state.turn) {
    state.turn = data.turn
    state.off = new Set(data.off)
  }

  function show() {
    const covered = new Set([...state.off].flatMap(name => data.covers[name] ?? []))
    for (const button of cells.flat()) {
      const isOff = state.off.has(button.name)
      button.setAttribute("aria-pressed", isOff)
      button.className = covered.has(button.name) ? "covered" : ""
      if (data.columns.length) button.textContent = isOff ? "×" : button.text
    }
  }

  cells.forEach((row, i) => row.forEach((button, j) => {
    button.onclick = () => {
      if (!state.off.delete(button.name)) state.off.add(button.name)
      state.turn += 1
      show()
      setTriggerValue("state", { off: [...state.off], turn: state.turn })
    }
    button.onkeydown = event => {
      const to = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key]
      if (!to || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      const next = cells[i + to[0]]?.[j + to[1]]
      if (next) next.focus()
    }
    button.onfocus = () => {
      for (const other of cells.flat()) other.tabIndex = other === button ? 0 : -1
    }
  }))
  show()
}
