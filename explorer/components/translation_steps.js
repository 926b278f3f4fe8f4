const STAY = 400 // ms until a step that one stays at reaches the page
const LETTER = 8.6, PAD = 16, HIGH = 30, ROW = 38, GAP = 6, APART = 84, LABEL = 18

function short(word) {
  return word.length > 16 ? word.slice(0, 15) + "…" : word
}

// Boxes for words in rows, as text flows.
function flowed(words, width, top) {
  let x = 0, y = top
  const boxes = words.map(word => {
    const wide = Math.max(30, short(word).length * LETTER + PAD)
    if (x && x + wide > width) { x = 0; y += ROW }
    const box = { x, y, wide, middle: x + wide / 2 }
    x += wide + GAP
    return box
  })
  return { boxes, below: y + HIGH }
}

function builtWriter(writer) {
  const card = made("div", "writer"), graph = drawn("svg", { class: "graph", role: "group" }), next = made("div", "next")
  card.append(made("div", "title", writer.title), graph, next)
  return { card, graph, next }
}

function built(root, data) {
  const controls = made("div", "controls"), steps = madeControls("Word that is written", ["Back", "Step", "Play"])
  controls.append(steps.buttons, steps.range)
  const writers = data.writers.map(builtWriter)
  root.replaceChildren(controls, ...writers.map(({ card }) => card))
  return { ...steps, writers }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.style.setProperty("--colour", data.colour)
  root.style.setProperty("--mark", data.mark)
  if (root.steps?.version !== data.version) {
    clearTimeout(root.steps?.timer)
    clearTimeout(root.steps?.saying)
    root.steps = {
      version: data.version, at: Math.min(data.at, data.last), timer: null, saying: null, parts: built(root, data),
      weights: data.writers.map(({ attention }) => (attention ? decoded(attention) : null)),
    }
  }
  const state = root.steps, parts = state.parts

  function box(word, at, className) {
    const group = drawn("g", { class: className })
    group.append(
      drawn("rect", { x: at.x, y: at.y, width: at.wide, height: HIGH, rx: 5 }),
      drawn("text", { x: at.middle, y: at.y + 20 }, short(word)))
    return group
  }

  function graph({ graph }, writer, weights) {
    const width = graph.clientWidth || 600, count = data.source.length, at = Math.min(state.at, writer.words.length - 1)
    const above = flowed(data.source, width, LABEL), below = flowed(writer.words, width, above.below + APART + LABEL)
    const here = below.boxes[at], lines = drawn("g", {}), boxes = drawn("g", {})
    const line = (from, to, attributes) => lines.append(drawn("line", { x1: from[0], y1: from[1], x2: to[0], y2: to[1], ...attributes }))
    const weight = j => weights[at * count + j]
    let vector = null
    if (weights) {
      above.boxes.forEach((one, j) => {
        if (weight(j) > 0.005) line([one.middle, one.y + HIGH], [here.middle, here.y], { "stroke-width": 1 + 9 * weight(j), opacity: 0.15 + 0.85 * weight(j) })
      })
    } else {
      const wide = Math.max(100, writer.vector.length * LETTER + PAD)
      vector = { x: (Math.min(width, 640) - wide) / 2, y: above.below + APART / 2 - HIGH / 2 + 4, wide }
      vector.middle = vector.x + wide / 2
      above.boxes.forEach(one => line([one.middle, one.y + HIGH], [vector.middle, vector.y], { class: "plain", "stroke-width": 1.5 }))
      line([vector.middle, vector.y + HIGH], [here.middle, here.y], { "stroke-width": 5, opacity: 0.8 })
    }
    data.source.forEach((word, j) => {
      const group = box(word, above.boxes[j], data.unknown.includes(j) ? "source unknown" : "source")
      if (weights) {
        const filled = drawn("rect", { class: "weight", x: above.boxes[j].x, y: above.boxes[j].y, width: above.boxes[j].wide, height: HIGH, rx: 5, opacity: 0.6 * weight(j) })
        group.insertBefore(filled, group.lastChild)
        group.append(drawn("title", {}, `${word}: ${(100 * weight(j)).toFixed(1)} % of the attention`))
      }
      boxes.append(group)
    })
    if (vector) boxes.append(box(writer.vector, vector, "vector"))
    writer.words.forEach((word, i) => {
      const group = box(word, below.boxes[i], ["word", i === at && "lit", i > at && "later"].filter(Boolean).join(" "))
      group.setAttribute("role", "button")
      group.setAttribute("aria-label", `Word ${i + 1}: ${word}`)
      group.onclick = () => go(i)
      boxes.append(group)
    })
    const most = weights ? [...Array(count).keys()].reduce((best, j) => (weight(j) > weight(best) ? j : best), 0) : 0
    const looks = weights ? ` looks most at ${data.source[most]}, ${Math.round(100 * weight(most))} %` : ` comes from ${writer.vector}`
    graph.setAttribute("viewBox", `0 0 ${width} ${below.below + 4}`)
    graph.style.height = `${below.below + 4}px`
    graph.setAttribute("aria-label", `Word ${at + 1} of ${writer.words.length}, ${writer.words[at]},${looks}`)
    graph.replaceChildren(lines, boxes, drawn("text", { class: "label", x: 0, y: 12 }, "reads"), drawn("text", { class: "label", x: 0, y: above.below + APART + 12 }, "writes"))
  }

  function next(part, writer) {
    const at = Math.min(state.at, writer.words.length - 1), bars = made("div", "bars")
    for (const [name, share, number, isTaken] of writer.next[at]) {
      const bar = made("span", "bar")
      bar.style.setProperty("--share", share)
      bars.append(made("bdi", isTaken ? "name marked" : "name", name), bar, made("span", "number", number))
    }
    part.next.replaceChildren(made("div", "head", `Word ${at + 1} of ${writer.words.length}: what could be written`), bars)
  }

  function draw(moved) {
    parts.writers.forEach((part, i) => { graph(part, data.writers[i], state.weights[i]); next(part, data.writers[i]) })
    parts.range.setAttribute("aria-valuetext", `Word ${state.at + 1} of ${data.last + 1}`)
    if (!moved) return
    clearTimeout(state.saying)
    state.saying = state.timer ? null : setTimeout(() => { state.saying = null; setTriggerValue("step", state.at) }, STAY)
  }

  function go(to) {
    parts.range.value = to
    parts.range.oninput()
  }

  const pause = player(root, parts, state, data.last, draw)
  root.fit?.disconnect()
  root.fit = new ResizeObserver(() => {
    const width = parts.writers[0].graph.clientWidth
    if (!width || width === state.width) return
    state.width = width
    parts.writers.forEach((part, i) => graph(part, data.writers[i], state.weights[i]))
  })
  root.fit.observe(parts.writers[0].graph)
  return () => {
    pause()
    clearTimeout(state.saying)
    root.fit?.disconnect()
  }
}
