const LOOP = 54, HEAD = 11 // pixels
const TRAIL = 40 // states of the way that are written out
const SLOW = 900, FAST = 70, HASTE = 0.95 // ms between steps: at first, at last, and how fast it gets there
const NARROW = 460

const plus = ([x, y], [u, v], times = 1) => [x + times * u, y + times * v]
const turned = ([x, y], angle) =>
  [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]
const spoken = points => points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")

function towards(from, to) {
  const way = [to[0] - from[0], to[1] - from[1]], length = Math.hypot(...way) || 1
  return [way[0] / length, way[1] / length]
}

// Where the states stand, on an ellipse that fills the width, and to which side their loops go: up, or down below.
function placed(count, width) {
  const narrow = width < NARROW, radius = count < 3 || (count < 5 && !narrow) ? 46 : 36
  const height = count < 3 ? 300 : narrow ? 440 : 400
  const middle = [width / 2, count < 3 ? height * 0.6 : height / 2]
  const rx = count < 2 ? 0 : Math.min(width / 2 - radius - 12, 250), ry = count < 3 ? 0 : height / 2 - radius - LOOP - 24
  const first = count === 2 || (count % 2 === 0 && !narrow) ? Math.PI : -Math.PI / 2
  const places = Array.from({ length: count }, (_, i) => {
    const angle = first + (2 * Math.PI * i) / count
    return plus(middle, [rx * Math.cos(angle), ry * Math.sin(angle)])
  })
  const outwards = places.map(place => [0, count > 2 && place[1] > middle[1] + 1 ? 1 : -1])
  return { places, outwards, radius, height }
}

// The curve of an arrow, its tip, and where its label stands.
function arrow({ start, end }, { places, outwards, radius }) {
  const from = places[start], to = places[end]
  if (start === end) {
    const out = outwards[start], low = turned(out, -0.5), high = turned(out, 0.5)
    const far = radius + 1.45 * LOOP
    const a = plus(from, low, radius), b = plus(from, high, radius + HEAD)
    const c = plus(from, turned(out, -0.42), far), d = plus(from, turned(out, 0.42), far)
    return { path: `M${spoken([a])}C${spoken([c, d, b])}`, tip: b, way: towards(d, b), label: plus(from, out, radius + 1.22 * LOOP) }
  }
  const way = towards(from, to), left = [way[1], -way[0]]
  const distance = Math.hypot(to[0] - from[0], to[1] - from[1])
  const bend = plus(plus(from, way, distance / 2), left, (places.length < 3 ? 0.36 : 0.22) * distance)
  const a = plus(from, towards(from, bend), radius), b = plus(to, towards(to, bend), radius + HEAD)
  // Not in the middle, where arrows cross: nearer to the start, or where they fan out from one state, to the end.
  const level = Math.abs(from[1] - to[1]) < 1
  const t = places.length > 3 ? 0.62 : level ? 0.5 : 0.33
  const label = [0, 1].map(i => (1 - t) ** 2 * a[i] + 2 * t * (1 - t) * bend[i] + t ** 2 * b[i])
  const side = places.length === 3 && level && left[1] < 0 ? -15 : 15 // below the arrow under the state on top
  return { path: `M${spoken([a])}Q${spoken([bend, b])}`, tip: b, way: towards(bend, b), label: plus(label, left, side) }
}

function graph(svg, data, width) {
  const place = placed(data.states.length, width)
  svg.setAttribute("viewBox", `0 0 ${width} ${place.height}`)
  svg.style.height = place.height + "px"
  const edges = data.edges.map(edge => {
    const { path, tip, way, label } = arrow(edge, place)
    const size = HEAD * (0.55 + 0.45 * edge.p), across = [-way[1], way[0]]
    const head = [plus(tip, way, HEAD), plus(tip, across, size), plus(tip, across, -size)]
    const group = drawn("g", { class: "edge" })
    const words = drawn("text", { x: label[0], y: label[1], class: "label" }, edge.label)
    group.append(
      drawn("path", { d: path, "stroke-width": 1.5 + 7 * edge.p, fill: "none" }),
      drawn("polygon", { points: spoken(head) }))
    group.words = words
    return group
  })
  const room = Math.floor((2 * place.radius - 4) / 8.4)
  const nodes = data.states.map(({ name, colour }, i) => {
    const group = drawn("g", { class: "node" })
    group.style.setProperty("--colour", colour)
    const [cx, cy] = place.places[i], letters = [...name]
    const short = letters.length > room ? letters.slice(0, room - 1).join("") + "…" : name
    group.append(drawn("title", {}, name), drawn("circle", { cx, cy, r: place.radius }), drawn("text", { x: cx, y: cy }, short))
    return group
  })
  const dot = drawn("circle", { r: 7, visibility: "hidden", class: "dot" })
  svg.replaceChildren(...edges, ...nodes, ...edges.map(edge => edge.words), dot)
  return { edges, nodes, dot }
}

// The parts of the component, made once for each chain and walk.
function built(root, data) {
  const svg = data.edges.length ? drawn("svg", { role: "img", class: "graph" }) : null
  const status = made("div", "status")
  status.setAttribute("role", "status")
  const controls = madeControls("Steps of the walk")
  const shares = made("div", "shares")
  shares.append(made("div", "head", "Share of the time so far; the mark: in the long run"))
  const rows = data.shown.map(i => {
    const row = made("div", "share"), { name, colour, stationary } = data.states[i]
    const bar = made("span", "bar"), label = made("bdi", "name", name)
    label.title = name
    row.style.setProperty("--colour", colour)
    bar.style.setProperty("--mark", stationary)
    row.append(label, bar, made("span", "number"))
    shares.append(row)
    return row
  })
  const trail = made("div", "trail")
  const side = made("div", "side")
  side.append(controls.buttons, controls.range, status, shares, trail)
  root.replaceChildren(...(svg ? [svg, side] : [side]))
  root.className = svg ? "root with-graph" : "root"
  return { ...controls, svg, status, rows, trail, drawing: null }
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector("section")
  const version = JSON.stringify(data)
  // A change of the theme runs this again: the walk stays where it is.
  if (root.walk?.version !== version) {
    clearTimeout(root.walk?.timer)
    cancelAnimationFrame(root.walk?.frame)
    root.walk = { version, at: 0, timer: null, frame: null, pause: SLOW, parts: built(root, data) }
  }
  const walk = root.walk, parts = walk.parts, last = data.walk.length - 1
  const still = matchMedia("(prefers-reduced-motion: reduce)")

  function show() {
    const { at } = walk, here = data.walk[at], before = at ? data.walk[at - 1] : null
    parts.range.setAttribute("aria-valuetext", `step ${at}, ${data.states[here].name}`)
    parts.status.setAttribute("aria-live", walk.timer ? "off" : "polite")
    parts.status.replaceChildren(`${at.toLocaleString("en")} of ${last.toLocaleString("en")} steps: in `, made("bdi", "", data.states[here].name))
    const visits = new Map()
    for (let i = 0; i <= at; i++) visits.set(data.walk[i], (visits.get(data.walk[i]) ?? 0) + 1)
    parts.rows.forEach((row, i) => {
      const share = (visits.get(data.shown[i]) ?? 0) / (at + 1)
      row.classList.toggle("here", data.shown[i] === here)
      row.querySelector(".bar").style.setProperty("--share", share)
      row.querySelector(".number").textContent = `${(100 * share).toFixed(1)} %`
    })
    const way = data.walk.slice(Math.max(0, at - TRAIL + 1), at + 1)
    parts.trail.replaceChildren(at >= TRAIL ? "… " : "", ...way.flatMap((state, i) => [
      i ? " → " : "", made("bdi", i === way.length - 1 ? "here" : "", data.states[state].name)]))
    parts.trail.scrollTop = parts.trail.scrollHeight
    const drawing = parts.drawing
    if (!drawing) return
    parts.svg.setAttribute("aria-label", `The chain as a graph; the walk is in ${data.states[here].name}`)
    drawing.nodes.forEach((node, i) => node.classList.toggle("here", i === here))
    drawing.edges.forEach((edge, i) => {
      const { start, end } = data.edges[i]
      for (const part of [edge, edge.words]) {
        part.classList.toggle("ahead", start === here)
        part.classList.toggle("taken", start === before && end === here)
        part.classList.toggle("crowded", data.states.length > 3)
      }
    })
  }

  // A dot runs along the arrow of the last step; the next step interrupts it.
  function run(quick) {
    cancelAnimationFrame(walk.frame)
    const drawing = parts.drawing
    if (!drawing) return
    drawing.dot.setAttribute("visibility", "hidden")
    const taken = drawing.edges.find(edge => edge.classList.contains("taken"))
    if (!taken || quick || still.matches) return
    const path = taken.querySelector("path"), length = path.getTotalLength(), begun = performance.now()
    const frame = now => {
      const share = Math.min(1, (now - begun) / 450)
      const { x, y } = path.getPointAtLength(length * share)
      drawing.dot.setAttribute("cx", x)
      drawing.dot.setAttribute("cy", y)
      drawing.dot.setAttribute("visibility", share < 1 ? "visible" : "hidden")
      if (share < 1) walk.frame = requestAnimationFrame(frame)
    }
    walk.frame = requestAnimationFrame(frame)
  }

  // It begins slowly and hurries then.
  function pace() {
    const now = walk.pause
    walk.pause = still.matches ? SLOW : Math.max(FAST, walk.pause * HASTE)
    return now
  }

  function draw(moved, forward) {
    if (!walk.timer) walk.pause = SLOW
    show()
    if (moved) run(!forward || (walk.timer && walk.pause < 500))
  }

  function fit() {
    const width = Math.round(parts.svg.clientWidth)
    if (!width || width === walk.width) return
    walk.width = width
    cancelAnimationFrame(walk.frame)
    parts.drawing = graph(parts.svg, data, width)
    parts.svg.style.setProperty("--mark", data.mark)
    parts.svg.style.setProperty("--edge", data.colour)
    show()
  }

  root.fit?.disconnect()
  if (parts.svg) {
    root.fit = new ResizeObserver(fit)
    root.fit.observe(parts.svg)
    fit()
  }
  const pause = player(root, parts, walk, last, draw, pace)
  return () => {
    pause()
    cancelAnimationFrame(walk.frame)
    root.fit?.disconnect()
  }
}
