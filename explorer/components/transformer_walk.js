const HERE = "chosen"

function madeBox({ id, name, shape, said }, isOpen, open) {
  const box = made("button", isOpen ? `box ${HERE}` : "box")
  box.type = "button"
  box.append(made("span", "name", name), made("span", "shape", shape))
  box.title = said
  box.dataset.id = id
  box.setAttribute("aria-pressed", isOpen)
  box.setAttribute("aria-label", `${name}, ${shape}: ${said}`)
  box.onclick = () => open(id)
  return box
}

function madePart({ kind, title, rows }, station, open) {
  const part = made("div", kind)
  if (title) part.append(made("div", "title", title))
  for (const boxes of rows) {
    const row = made("div", "row")
    row.append(...boxes.map(box => madeBox(box, box.id === station, open)))
    part.append(row)
  }
  return part
}

function madeBars(rows, after) {
  const box = made("div", "end"), bars = made("div", "bars"), head = made("div", "head", "next after ")
  head.append(made("bdi", "word", after))
  for (const [name, share, number] of rows) {
    const bar = made("span", "bar")
    bar.style.setProperty("--share", share)
    bars.append(made("bdi", "word", name), bar, made("span", "number", number))
  }
  box.append(head, bars)
  return box
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.style.setProperty("--colour", data.colour)
  root.style.setProperty("--mark", data.mark)
  const focused = root.getRootNode().activeElement?.dataset?.id
  const lane = made("div", "lane")
  lane.setAttribute("role", "group")
  lane.setAttribute("aria-label", "The way through the network; each box can be opened")
  lane.append(...data.parts.map(part => madePart(part, data.station, id => setTriggerValue("station", id))))
  root.replaceChildren(lane, madeBars(data.bars, data.after))
  if (focused) [...lane.querySelectorAll("button")].find(box => box.dataset.id === focused)?.focus({ preventScroll: true })

  // The heat map is plotly's, outside of here, and may be made anew at any time: its clicks are asked for at each press.
  let map
  function point(event) {
    const cell = event?.points?.[0]?.pointNumber
    if (Array.isArray(cell) && cell.length === 2) setTriggerValue("cell", cell)
  }
  const leave = () => map?.removeListener?.("plotly_click", point)
  function listen({ target }) {
    leave()
    map = target.closest?.(`.st-key-${data.map}`)?.querySelector(".js-plotly-plot")
    map?.on?.("plotly_click", point)
  }
  document.addEventListener("pointerdown", listen, true)
  return () => {
    document.removeEventListener("pointerdown", listen, true)
    leave()
  }
}
