const ROW = 64, RADIUS = 25, TOP = 32

function cut(word) {
  return word.length > 9 ? word.slice(0, 8) + "…" : word
}

function explain(box, sum) {
  const table = made("table", ""), head = made("tr", "")
  head.append(...sum.head.map(title => made("th", "", title)))
  const rows = sum.rows.map((cells, i) => {
    const row = made("tr", i === sum.marked ? "marked" : "")
    row.append(...cells.map(cell => made("td", "", cell)))
    return row
  })
  table.append(head, ...rows)
  box.replaceChildren(made("p", "formula", sum.formula), table, made("p", "total", sum.total))
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector("section")
  const { states, words, cells, pointers, path, end } = data
  const last = words.length - (end ? 0 : 1)
  const version = JSON.stringify(data)
  // Where the reader stands is kept when only the theme changes.
  if (root.version !== version) Object.assign(root, { version, at: last, chosen: null })
  root.style.setProperty("--colour", data.colour)
  root.style.setProperty("--path-colour", data.path_colour)

  const left = 18 + 9 * Math.max(...states.map(state => Math.min(state.length, 12)))
  // As wide as there is room for; a long text can be scrolled.
  const room = (Math.min(root.clientWidth || 520, 520) - left - 2 * RADIUS - 14) / Math.max(1, words.length - 1)
  const widest = 9.2 * Math.max(...words.map(word => cut(word).length)) // letters below the circles
  const column = Math.max(64, widest + 8, Math.min(108, room))
  const x = t => left + RADIUS + 6 + t * column, y = state => TOP + state * ROW
  const height = TOP + (states.length - 1) * ROW + RADIUS + 36

  const steps = made("div", "steps"), said = made("output", "")
  const back = made("button", "", "◀ Back"), on = made("button", "", "Step ▶"), slider = made("input", "")
  back.type = on.type = "button"
  Object.assign(slider, { type: "range", min: 0, max: last, step: 1 })
  slider.setAttribute("aria-label", "Step")
  steps.append(back, on, slider, said)
  const picture = made("div", "picture"), box = made("div", "sum"), both = made("div", "both")
  picture.tabIndex = 0
  picture.setAttribute("role", "group")
  picture.setAttribute("aria-label", "Trellis. Arrow keys: left and right go from word to word, up and down from state to state")
  box.setAttribute("aria-live", "polite")
  both.append(picture, box)
  root.replaceChildren(steps, both)

  function draw() {
    const { at } = root, ended = at >= words.length, t = Math.min(at, words.length - 1)
    const chosen = root.chosen ?? data.begins[t]
    const seen = data.read_back ? words.length - 1 : t
    const lit = ended || data.read_back ? path : []
    const svg = drawn("svg", { width: x(words.length - 1) + RADIUS + 8, height })
    const edges = drawn("g", {}), front = drawn("g", {})
    for (let to = 1; to < words.length; to++) {
      states.forEach((_, j) => states.forEach((_, i) => {
        if (!data.steps[i][j]) return
        let kind = "edge", width = null
        if (lit.length && lit[to - 1] === i && lit[to] === j) kind += " path"
        else if (pointers.length && to <= seen && pointers[to - 1][j] === i && !ended) kind += " pointer"
        const share = cells[to][j].comes_from[i]
        if (!ended && to === t && j === chosen && share > 0) { kind = "edge comes"; width = 1.5 + 7 * share }
        const line = drawn("line", { class: kind, x1: x(to - 1), y1: y(i), x2: x(to), y2: y(j) })
        if (width) line.style.strokeWidth = width
        ;(kind === "edge" ? edges : front).append(line)
      }))
    }
    svg.append(edges, front)
    words.forEach((word, t_) => {
      states.forEach((state, j) => {
        const cell = cells[t_][j]
        const kinds = [
          "node", t_ > seen && "unread", !ended && t_ === t && j === chosen && "chosen", lit.length && lit[t_] === j && "path",
        ]
        const node = drawn("g", { class: kinds.filter(Boolean).join(" ") })
        const circle = drawn("circle", { cx: x(t_), cy: y(j), r: RADIUS })
        const shade = t_ > seen ? 0 : cell.share * 65
        circle.style.fill = `color-mix(in srgb, var(--colour) ${shade}%, var(--st-background-color))`
        node.append(circle)
        if (t_ <= seen) node.append(drawn("text", { class: "value", x: x(t_), y: y(j) }, cell.value))
        node.append(drawn("title", {}, `${word}, ${state}: ${cell.sum.total}`))
        node.onclick = () => { root.chosen = j; go(t_) }
        svg.append(node)
      })
      const below = { class: t_ > seen ? "word unread" : "word", x: x(t_), y: height - 12 }
      svg.append(drawn("text", below, cut(word)))
    })
    const names = drawn("g", {}) // they stay in sight while the rest is scrolled
    const behind = drawn("rect", { width: left, height })
    behind.style.fill = "var(--st-background-color)"
    names.append(behind)
    states.forEach((state, j) => {
      const name = drawn("text", { class: "state", x: 4, y: y(j) + 5 }, state.length > 12 ? state.slice(0, 11) + "…" : state)
      name.append(drawn("title", {}, state))
      names.append(name)
    })
    svg.append(names)
    const kept = picture.scrollLeft
    picture.replaceChildren(svg)
    picture.scrollLeft = kept
    picture.onscroll = () => names.setAttribute("transform", `translate(${picture.scrollLeft},0)`)
    picture.onscroll()
    explain(box, ended ? end : cells[t][chosen].sum)
    said.textContent = ended ? "The end" : `Word ${t + 1} of ${words.length}`
    slider.value = at
    back.disabled = at === 0
    on.disabled = at === last
    if (x(t) + RADIUS > picture.scrollLeft + picture.clientWidth || x(t) - RADIUS < picture.scrollLeft + left) {
      picture.scrollLeft = x(t) - picture.clientWidth / 2
    }
  }

  function go(step) {
    root.at = Math.max(0, Math.min(last, step))
    draw()
  }
  back.onclick = () => { root.chosen = null; go(root.at - 1) }
  on.onclick = () => { root.chosen = null; go(root.at + 1) }
  slider.oninput = () => { root.chosen = null; go(Number(slider.value)) }
  picture.onkeydown = event => {
    const across = { ArrowRight: 1, ArrowLeft: -1 }[event.key], along = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (!across && !along) return
    event.preventDefault()
    if (along && root.at < words.length) {
      root.chosen = ((root.chosen ?? data.begins[root.at]) + along + states.length) % states.length
    }
    if (across) root.chosen = null
    go(root.at + (across ?? 0))
  }
  draw()
}
