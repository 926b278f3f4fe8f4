const STAY = 150 // ms until a map that one stays at reaches the page
const SHARP = 96 // pixels of a map, about

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.style.setProperty("--mark", data.mark)
  const focused = root.contains(root.getRootNode().activeElement)
  if (!root.saying) root.chosen = data.chosen
  const bytes = new Int8Array(bytesOf(data.maps).buffer), size = data.size, zoom = Math.max(1, Math.round(SHARP / size))
  const group = made("div", data.names.length > 18 ? "maps many" : "maps")
  group.setAttribute("role", "radiogroup")
  group.setAttribute("aria-label", "Whose map is shown large")

  const items = data.names.map((name, i) => {
    const item = made("div", "one"), canvas = made("canvas", "map")
    item.setAttribute("role", "radio")
    item.setAttribute("aria-label", data.said[i])
    item.title = data.said[i]
    const at = (column, row) => bytes[(i * size + Math.floor(row / zoom)) * size + Math.floor(column / zoom)]
    paint(canvas, (column, row) => (at(column, row) === data.blank ? NaN : at(column, row)), size * zoom, size * zoom, data.reach, data.colours)
    item.append(canvas, made("span", "name", name))
    item.onclick = () => choose(i)
    return item
  })

  function show() {
    items.forEach((item, i) => {
      item.setAttribute("aria-checked", i === root.chosen)
      item.tabIndex = i === root.chosen ? 0 : -1 // one stop for Tab; the arrows go on from there
    })
  }

  function choose(i) {
    root.chosen = i
    show()
    items[i].focus({ preventScroll: true })
    clearTimeout(root.saying)
    root.saying = setTimeout(() => { root.saying = null; setTriggerValue("choice", i) }, STAY)
  }

  group.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    const to = { Home: 0, End: items.length - 1 }[event.key] ?? (by && root.chosen + by)
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    choose((to + items.length) % items.length)
  }

  group.append(...items)
  root.replaceChildren(group)
  show()
  if (focused) items[root.chosen].focus({ preventScroll: true })
}
