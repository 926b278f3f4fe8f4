const STAY = 400 // ms until a step that one stays at reaches the page
const COLUMN = 96, TALL = 150, BOX = 34

function cut(word, most) {
  return word.length > most ? word.slice(0, most - 1) + "…" : word
}

// The equations of a cell for one unit; `of(field, step)` gives its numbers, 0 before the first step.
const EQUATIONS = {
  rnn: (of, t) => [["hₜ = tanh(W xₜ + b + U hₜ₋₁ + b′)", `= tanh(${digits(of("before h", t))}) = ${digits(of("h", t))}`]],
  lstm: (of, t) => [
    ...["i", "f", "o"].map(gate => [`${gate}ₜ = σ(W_${gate} xₜ + b_${gate} + U_${gate} hₜ₋₁ + b′_${gate})`, `= σ(${digits(of("before " + gate, t))}) = ${digits(of(gate, t))}`]),
    ["gₜ = tanh(W_g xₜ + b_g + U_g hₜ₋₁ + b′_g)", `= tanh(${digits(of("before g", t))}) = ${digits(of("g", t))}`],
    ["cₜ = fₜ cₜ₋₁ + iₜ gₜ", `= ${digits(of("f", t))} · ${digits(of("c", t - 1))} + ${digits(of("i", t))} · ${digits(of("g", t))} = ${digits(of("c", t))}`],
    ["hₜ = oₜ tanh(cₜ)", `= ${digits(of("o", t))} · ${digits(Math.tanh(of("c", t)))} = ${digits(of("h", t))}`],
  ],
  gru: (of, t) => [
    ...["r", "z"].map(gate => [`${gate}ₜ = σ(W_${gate} xₜ + b_${gate} + U_${gate} hₜ₋₁ + b′_${gate})`, `= σ(${digits(of("before " + gate, t))}) = ${digits(of(gate, t))}`]),
    ["nₜ = tanh(W_n xₜ + b_n + rₜ (U_n hₜ₋₁ + b′_n))", `= tanh(${digits(of("before n", t))}) = ${digits(of("n", t))}`],
    ["hₜ = (1 − zₜ) nₜ + zₜ hₜ₋₁", `= ${digits(1 - of("z", t))} · ${digits(of("n", t))} + ${digits(of("z", t))} · ${digits(of("h", t - 1))} = ${digits(of("h", t))}`],
  ],
}

function builtNetwork(network, _place, all) {
  const card = made("div", "network"), svg = drawn("svg", { class: "graph", role: "img", height: TALL })
  svg.style.height = TALL + "px"
  const fields = made("div", "fields"), map = made("div", "map"), heat = made("canvas", "heat"), now = made("div", "now")
  fields.setAttribute("role", "group")
  fields.setAttribute("aria-label", "What is shown over time")
  heat.tabIndex = 0
  map.append(heat, now)
  const read = made("div", "read"), axis = made("div", "axis", "each row a unit, each column a step; click one for its numbers")
  const numbers = made("div", "equations"), changed = made("div", "changed"), next = made("div", "next")
  const left = made("div", "left"), right = made("div", "right")
  left.append(fields, map, axis, read)
  right.append(numbers, changed, next)
  const both = made("div", "both")
  both.append(left, right)
  card.append(...(all.length > 1 ? [made("div", "title", network.title)] : []), svg, both)
  return { card, svg, fields, map, heat, now, read, numbers, changed, next }
}

function built(root, data) {
  const { strip, buttons } = madeTokens(data.tokens)
  const controls = made("div", "controls"), networks = made("div", "networks")
  const steps = madeControls("Step", ["Back", "Step", "Play"])
  controls.append(steps.buttons, steps.range)
  const parts = data.networks.map(builtNetwork)
  networks.append(...parts.map(({ card }) => card))
  root.replaceChildren(strip, controls, networks)
  return { ...steps, strip, buttons, networks: parts }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  ;["--above", "--below", "--mark"].forEach((name, i) => root.style.setProperty(name, [...data.colours, data.mark][i]))
  const last = data.tokens.length - 1
  if (root.steps?.version !== data.version) {
    clearTimeout(root.steps?.timer)
    clearTimeout(root.steps?.saying)
    const values = data.networks.map(({ fields }) => Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, decoded(text)])))
    for (const one of values) {
      const h = one.h, units = h.length / data.tokens.length
      one["Δh"] = h.map((value, i) => value - (i < units ? 0 : h[i - units]))
    }
    root.steps = {
      version: data.version, at: Math.min(data.at ?? last, last), timer: null, saying: null, values,
      field: data.networks.map(() => "h"), unit: data.networks.map(() => null), parts: built(root, data),
    }
  }
  const state = root.steps, parts = state.parts

  function unrolled({ svg }, network) {
    const { at } = state, width = svg.clientWidth || 600, room = Math.max(1, Math.min(data.tokens.length, Math.floor(width / COLUMN)))
    const first = Math.max(0, Math.min(at - Math.floor(room / 2), data.tokens.length - room))
    const x = t => width / 2 + (t - first - (room - 1) / 2) * COLUMN, middle = TALL / 2
    svg.setAttribute("viewBox", `0 0 ${width} ${TALL}`)
    svg.setAttribute("aria-label", `Step ${at + 1} of ${data.tokens.length}: reads ${data.tokens[at]}, then expects ${network.next[at][0][0]}`)
    const edges = drawn("g", { class: "edges" }), nodes = drawn("g", {})
    const arrow = (x1, y1, x2, y2, lit) => {
      const angle = Math.atan2(y2 - y1, x2 - x1), [u, v] = [Math.cos(angle), Math.sin(angle)]
      const group = drawn("g", { class: lit ? "edge lit" : "edge" })
      group.append(drawn("line", { x1, y1, x2: x2 - 5 * u, y2: y2 - 5 * v }),
        drawn("polygon", { points: [[x2, y2], [x2 - 8 * u - 4 * v, y2 - 8 * v + 4 * u], [x2 - 8 * u + 4 * v, y2 - 8 * v - 4 * u]].map(point => point.join(",")).join(" ") }))
      edges.append(group)
    }
    for (let t = first; t < first + room; t++) {
      const lit = t === at, [name, , share] = network.next[t][0], from = t === first && t > 0 ? x(t) - COLUMN + BOX : x(t - 1) + BOX
      if (t > 0) arrow(Math.max(2, from), middle, x(t) - BOX, middle, lit)
      arrow(x(t), TALL - 30, x(t), middle + 18, lit)
      arrow(x(t), middle - 18, x(t), 38, lit)
      const node = drawn("g", { class: ["node", lit && "lit", t > at && "later"].filter(Boolean).join(" ") })
      node.append(
        drawn("rect", { x: x(t) - BOX, y: middle - 18, width: 2 * BOX, height: 36, rx: 5 }),
        drawn("text", { class: "h", x: x(t), y: middle + 5 }, `h${t + 1}`),
        drawn("text", { class: "word", x: x(t), y: TALL - 12 }, cut(data.tokens[t], 10)),
        drawn("text", { class: "word", x: x(t), y: 15 }, cut(name, 10)),
        drawn("text", { class: "share", x: x(t), y: 32 }, share))
      node.onclick = () => go(t)
      nodes.append(node)
    }
    if (first + room <= last) arrow(x(first + room - 1) + BOX, middle, Math.min(width - 1, x(first + room - 1) + COLUMN - BOX), middle, false)
    svg.replaceChildren(edges, nodes)
  }

  function heat(part, i) {
    const values = state.values[i], units = values.h.length / data.tokens.length, field = state.field[i]
    const shown = values[field]
    paint(part.heat, (column, row) => shown[column * units + row], data.tokens.length, units, reachOf(shown), data.colours)
    part.heat.style.height = Math.max(120, Math.min(384, units)) + "px"
    const at = (event) => {
      const box = part.heat.getBoundingClientRect()
      const within = (share, most) => Math.max(0, Math.min(most - 1, Math.floor(share * most)))
      return [within((event.clientX - box.left) / box.width, data.tokens.length), within((event.clientY - box.top) / box.height, units)]
    }
    part.heat.onpointermove = event => {
      const [t, unit] = at(event)
      part.read.textContent = `${field} of unit ${unit + 1} at step ${t + 1}, ${data.tokens[t]}: ${digits(shown[t * units + unit])}`
    }
    part.heat.onpointerleave = () => { part.read.textContent = "" }
    part.heat.onclick = event => {
      const [t, unit] = at(event)
      state.unit = state.unit.map((one, j) => (i === j ? unit : one))
      go(t)
    }
    part.heat.onkeydown = event => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key]
      if (!by) return
      event.preventDefault()
      state.unit[i] = Math.max(0, Math.min(units - 1, (state.unit[i] ?? -1) + by))
      draw()
    }
    part.heat.setAttribute("role", "img")
    part.heat.setAttribute("aria-label", `${field} of ${units} units over ${data.tokens.length} steps. Up and down choose a unit`)
  }

  function fields(part, i) {
    part.fields.replaceChildren(...data.networks[i].shown.map(name => {
      const button = made("button", name === state.field[i] ? "field chosen" : "field", name)
      button.type = "button"
      button.setAttribute("aria-pressed", name === state.field[i])
      button.title = data.meanings[name]
      button.onclick = () => {
        state.field[i] = name
        fields(part, i)
        heat(part, i)
        part.fields.children[data.networks[i].shown.indexOf(name)].focus()
      }
      return button
    }), made("span", "meaning", data.meanings[state.field[i]]))
  }

  function rowsOf(part, network, i) {
    const { at } = state, values = state.values[i], units = values.h.length / data.tokens.length
    const of = (field, t, unit) => (t < 0 ? 0 : values[field][t * units + unit])
    const order = [...Array(units).keys()].sort((a, b) => Math.abs(of("Δh", at, b)) - Math.abs(of("Δh", at, a)))
    const unit = state.unit[i] ?? order[0]
    part.numbers.replaceChildren(
      made("div", "head", state.unit[i] === null ? `Unit ${unit + 1}, which changed most` : `Unit ${unit + 1}`),
      ...EQUATIONS[network.cell]((field, t) => of(field, t, unit), at).map(([formula, numbers]) => {
        const line = made("div", "equation")
        const left = made("span", "formula")
        formula.split(/_(\w)/).forEach((part, k) => left.append(k % 2 ? made("sub", "", part) : part))
        line.append(left, made("span", "number", numbers))
        return line
      }))
    const list = made("div", "units")
    list.append(...order.slice(0, 4).map(one => {
      const button = made("button", "unit", `${one + 1}: ${digits(of("h", at - 1, one))} → ${digits(of("h", at, one))}`)
      button.type = "button"
      button.setAttribute("aria-label", `Unit ${one + 1} from ${digits(of("h", at - 1, one))} to ${digits(of("h", at, one))}`)
      button.onclick = () => { state.unit[i] = one; draw() }
      return button
    }))
    let length = 0
    for (let one = 0; one < units; one++) length += of("Δh", at, one) ** 2
    part.changed.replaceChildren(made("div", "head", `Changed most since hₜ₋₁; |hₜ − hₜ₋₁| = ${digits(Math.sqrt(length))}`), list)
    const bars = made("div", "bars"), rows = network.next[at]
    for (const [name, share, words, isNext] of rows) {
      const bar = made("span", "bar")
      bar.style.setProperty("--share", share)
      bars.append(made("bdi", isNext ? "name marked" : "name", name), bar, made("span", "number", words))
    }
    part.next.replaceChildren(made("div", "head", "yₜ = f(hₜ): the next token"), bars)
    part.now.style.left = `${(100 * at) / data.tokens.length}%`
    part.now.style.width = `${100 / data.tokens.length}%`
    part.now.style.setProperty("--row", `${(100 * (unit + 0.5)) / units}%`)
  }

  function draw(moved) {
    parts.networks.forEach((part, i) => { unrolled(part, data.networks[i]); rowsOf(part, data.networks[i], i) })
    parts.buttons.forEach((button, i) => {
      button.className = i === state.at ? "token lit" : i > state.at ? "token later" : "token"
      button.setAttribute("aria-pressed", i === state.at)
    })
    const button = parts.buttons[state.at]
    parts.strip.scrollTop = button.offsetTop - parts.strip.offsetTop - 40
    parts.range.setAttribute("aria-valuetext", `Step ${state.at + 1}, ${data.tokens[state.at]}`)
    if (!moved) return
    clearTimeout(state.saying)
    state.saying = state.timer ? null : setTimeout(() => { state.saying = null; setTriggerValue("step", state.at) }, STAY)
  }

  function go(t) {
    parts.range.value = t
    parts.range.oninput()
  }

  parts.buttons.forEach((button, i) => { button.onclick = () => go(i) })
  parts.networks.forEach((part, i) => { fields(part, i); heat(part, i) })
  const pause = player(root, parts, state, last, draw)
  root.fit?.disconnect()
  root.fit = new ResizeObserver(() => {
    const width = parts.networks[0].svg.clientWidth
    if (!width || width === state.width) return
    state.width = width
    parts.networks.forEach((part, i) => unrolled(part, data.networks[i]))
  })
  root.fit.observe(parts.networks[0].svg)
  return () => {
    pause()
    clearTimeout(state.saying)
    root.fit?.disconnect()
  }
}
