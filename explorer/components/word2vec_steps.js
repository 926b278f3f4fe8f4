const REST = 250 // ms until a word that one stays at by the arrow keys is chosen
const HEIGHT = 345, PAD = 34, LONGEST = 0.16 // the longest arrow, as a share of the picture's smaller side
const TIMES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
const STOPPABLE = 20 // steps from which on a play can be stopped

// How long the play of so many steps takes, in ms.
const lasting = steps => steps <= 1 ? 500 : Math.min(9000, 900 + 240 * Math.sqrt(steps - 1))

function square(size) {
  return drawn("rect", { x: -size, y: -size, width: 2 * size, height: 2 * size, transform: "rotate(45)" })
}

function keys() {
  const key = (mark, words, className) => {
    const line = made("span", "key"), svg = drawn("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" }), group = drawn("g", { class: `point lit ${className}` })
    group.append(mark)
    svg.append(group)
    line.append(svg, words)
    return line
  }
  return [
    key(drawn("circle", { r: 6 }), "target t", "target"),
    key(square(5), "context c", "context"),
    key(square(5), "drawn against", "negative"),
  ]
}

// The parts of the component, made once for each text and beginning.
function built(root, data) {
  const strip = made("div", "strip"), row = made("div", "row"), picture = made("div", "picture")
  strip.setAttribute("role", "group")
  strip.setAttribute("aria-label", "The text: choose the centre word of the next step")
  const buttons = []
  data.running.forEach(({ word, ends }, i) => {
    const button = made("button", "word", data.words[word])
    button.type = "button"
    buttons.push(button)
    strip.append(button)
    if (ends && i < data.running.length - 1) strip.append(made("span", "gap"))
  })
  const status = made("span", "status"), note = made("div", "note"), stop = made("button", "stop", "Stop")
  status.setAttribute("role", "status")
  stop.type = "button"
  stop.hidden = true
  row.append(status, stop, ...keys())
  const svg = drawn("svg", { class: "graph", role: "img", height: HEIGHT })
  svg.style.height = HEIGHT + "px"
  const across = drawn("line", { class: "axis" }), up = drawn("line", { class: "axis" })
  const arrows = drawn("g", { class: "arrows" })
  const point = (kind, word) => {
    const group = drawn("g", { class: "point" }), words = drawn("text", { dy: "0.35em", "paint-order": "stroke" })
    group.append(drawn("title", {}, `${kind} of ${word}`), kind === "t" ? drawn("circle", { r: 6 }) : square(5), words)
    return group
  }
  const targets = data.words.map(word => point("t", word)), contexts = data.words.map(word => point("c", word))
  svg.append(across, up, ...contexts, ...targets, arrows)
  picture.append(svg)
  root.replaceChildren(strip, row, picture, note)
  return { strip, buttons, status, note, stop, svg, across, up, arrows, targets, contexts }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section"), still = matchMedia("(prefers-reduced-motion: reduce)")
  root.style.setProperty("--target", data.colours[0])
  root.style.setProperty("--context", data.colours[1])
  root.style.setProperty("--mark", data.mark)
  const words = JSON.stringify([data.words, data.running])
  if (root.state?.words !== words) {
    cancelAnimationFrame(root.state?.frame)
    root.state = { words, shown: null, at: 0, version: null, frame: null, parts: built(root, data) }
  }
  const state = root.state, parts = state.parts, count = data.words.length
  const last = data.frames[data.frames.length - 1]
  const roles = new Map(data.arrows.map(({ kind, word, role }) => [kind + word, role]))

  function name(kind, word) {
    const role = roles.get(kind + word)
    return (role === "positive" ? "+ " : role === "negative" ? "− " : "") + data.words[word]
  }

  function draw(points) {
    // The origin is always in the picture: products are measured from there.
    const width = parts.svg.clientWidth || 600
    const { scale, x, y } = fitted([0, 0, ...points], width, HEIGHT, width < 500 ? 50 : 80, PAD)
    state.shown = points
    parts.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`)
    for (const [line, ends] of [[parts.across, [0, y(0), width, y(0)]], [parts.up, [x(0), 0, x(0), HEIGHT]]])
      ["x1", "y1", "x2", "y2"].forEach((name, i) => line.setAttribute(name, ends[i]))
    ;[...parts.targets, ...parts.contexts].forEach((group, i) => {
      group.at = [x(points[2 * i]), y(points[2 * i + 1])]
      group.setAttribute("transform", `translate(${group.at[0]} ${group.at[1]})`)
    })
    return scale
  }

  // Which words are written, and on which side: those of the step always, others where there is room.
  function write() {
    const width = parts.svg.clientWidth || 600, boxes = []
    const all = [...parts.targets.map((group, word) => ({ group, word, kind: "t" })), ...parts.contexts.map((group, word) => ({ group, word, kind: "c" }))]
    const rank = ({ kind, word }) => ({ centre: 0, positive: 1, negative: 2 })[roles.get(kind + word)] ?? (kind === "t" ? 3 : 4)
    for (const { group } of all) boxes.push(dotBox(group.at))
    for (const { group, word, kind } of all.sort((a, b) => rank(a) - rank(b))) {
      const role = roles.get(kind + word)
      group.setAttribute("class", `point ${kind === "t" ? "target" : "context"} ${role ? `lit ${role}` : ""}`)
      label(group.querySelector("text"), name(kind, word), group.at, boxes, width, HEIGHT, Boolean(role))
    }
  }

  function rest() {
    const scale = draw(last.points)
    state.at = data.at
    write()
    const reach = Math.max(...data.arrows.map(({ by }) => Math.hypot(...by)), 0) * scale
    const smaller = Math.min(HEIGHT, parts.svg.clientWidth || 600)
    const times = TIMES.filter(times => times * reach <= LONGEST * smaller).pop() ?? Math.min(1, (LONGEST * smaller) / reach)
    parts.arrows.replaceChildren(...data.arrows.flatMap(({ kind, word, by }) => {
      const [x, y] = (kind === "t" ? parts.targets : parts.contexts)[word].at
      const way = [times * scale * by[0], -times * scale * by[1]], length = Math.hypot(...way)
      if (length < 2) return []
      const [u, v] = way.map(part => part / length), tip = [x + way[0] + 5 * u, y + way[1] + 5 * v], back = [x + way[0] - 4 * u, y + way[1] - 4 * v]
      const group = drawn("g", { class: "arrow" })
      group.append(
        drawn("line", { x1: x, y1: y, x2: back[0] + 2 * u, y2: back[1] + 2 * v }),
        drawn("polygon", { points: [tip, [back[0] - 5 * v, back[1] + 5 * u], [back[0] + 5 * v, back[1] - 5 * u]].map(point => point.join(",")).join(" ") }))
      return [group]
    }))
    parts.note.textContent = `Arrows: what the next step does${times > 1 ? `, drawn ${times} times as long` : times < 1 ? `, drawn ${(1 / times).toPrecision(2)} times shorter` : ""}`
    parts.status.textContent = `${data.at.toLocaleString("en")} ${data.at === 1 ? "step" : "steps"} done`
    parts.stop.hidden = true
    const centre = data.words[data.running[data.place].word]
    parts.svg.setAttribute("aria-label", `Vectors of ${count} words after ${data.at} steps; the next step is at ${centre}. The table has its numbers.`)
  }

  function play(from) {
    const path = [{ step: state.at, points: from }, ...data.frames.filter(frame => frame.step > state.at)]
    const steps = data.at - state.at, time = lasting(steps)
    parts.arrows.replaceChildren()
    parts.note.textContent = ""
    parts.stop.hidden = steps <= STOPPABLE
    for (const text of parts.svg.querySelectorAll(".point:not(.lit) text")) text.setAttribute("class", "hidden")
    let begun = null
    const frame = now => {
      begun ??= now
      const share = Math.min(1, (now - begun) / time), step = path[0].step + share * steps
      let i = 1
      while (i < path.length - 1 && path[i].step < step) i++
      const a = path[i - 1], b = path[i], part = Math.min(1, (step - a.step) / (b.step - a.step))
      draw(a.points.map((value, j) => value + part * (b.points[j] - value)))
      state.at = Math.floor(step)
      parts.status.textContent = `${state.at.toLocaleString("en")} of ${data.at.toLocaleString("en")} steps`
      if (share < 1) state.frame = requestAnimationFrame(frame)
      else { state.frame = null; rest() }
    }
    state.frame = requestAnimationFrame(frame)
  }

  parts.stop.onclick = () => {
    cancelAnimationFrame(state.frame)
    state.frame = null
    parts.stop.hidden = true
    setTriggerValue("stop", state.at)
  }
  parts.buttons.forEach((button, i) => {
    const isCentre = i === data.place, isNear = data.window.includes(i)
    button.className = `word${isCentre ? " centre" : isNear ? " near" : ""}`
    button.setAttribute("aria-pressed", isCentre)
    button.tabIndex = isCentre ? 0 : -1 // one stop for Tab; the arrows go on from there
    button.onclick = () => { clearTimeout(state.resting); if (i !== data.place) setTriggerValue("place", i) }
    button.onkeydown = event => {
      const next = parts.buttons[i + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN)]
      if (!next) return
      event.preventDefault()
      next.focus()
      clearTimeout(state.resting)
      state.resting = setTimeout(() => next.click(), REST)
    }
  })

  const known = JSON.stringify([data.version, data.at, last, data.arrows])
  const moved = state.known !== known
  const goesOn = state.version === data.version && state.shown && data.at > state.at
  if (moved || state.frame === null) {
    cancelAnimationFrame(state.frame)
    state.frame = null
    state.known = known
    state.version = data.version
    if (goesOn && !still.matches) {
      draw(state.shown)
      write()
      play(state.shown)
    } else rest()
  }
  root.fit?.disconnect()
  root.fit = new ResizeObserver(() => {
    const width = parts.svg.clientWidth
    if (!width || width === state.width) return
    state.width = width
    if (state.frame === null) rest()
  })
  root.fit.observe(parts.svg)
  return () => {
    cancelAnimationFrame(state.frame)
    clearTimeout(state.resting)
    root.fit?.disconnect()
  }
}
