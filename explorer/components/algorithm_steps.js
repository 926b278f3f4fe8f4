// The parts of the component, made once for each text and model.
function built(root, data) {
  const { strip, buttons } = madeTokens(data.tokens)
  const controls = made("div", "controls"), columns = made("div", "columns")
  const steps = madeControls("Line of the algorithm", ["Back", "Next line", "Play"])
  controls.append(steps.buttons, steps.range)
  const code = made("ol", "code"), picture = made("div", "picture"), numbers = made("div", "numbers")
  const lines = data.code.map(line => {
    const item = made("li", "")
    item.append(made("code", "", line))
    code.append(item)
    return item
  })
  numbers.setAttribute("role", "status")
  const left = made("div", "left")
  left.append(code, numbers)
  columns.append(left, picture)
  root.replaceChildren(strip, controls, columns)
  return { ...steps, strip, buttons, lines, picture, numbers }
}

function bars(rows) {
  const list = made("div", "bars")
  for (const [name, share, words, marked] of rows) {
    const bar = made("span", "bar")
    bar.style.setProperty("--share", share)
    const label = made("bdi", marked ? "name marked" : "name", name)
    list.append(label, bar, made("span", "number", words))
  }
  return list
}

function vectors(block, data, tell) {
  const row = made("div", "vectors")
  const most = Math.max(...block.parts.map(part => reachOf(part.values ??= decoded(part.data))))
  for (const part of block.parts) {
    const one = made("div", "vector")
    one.style.flexGrow = part.values.length
    one.append(madeStrip(part.values, most, data.colours, part.label || block.name, (i, value) =>
      tell(i === null ? "" : `${block.name}${part.label ? `, ${part.label}` : ""}: number ${i + 1} of ${part.values.length} is ${digits(value)}`)))
    if (part.label) one.append(made("bdi", "label", part.label))
    row.append(one)
  }
  return row
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector("section")
  ;["--above", "--below", "--mark", "--bar"].forEach((name, i) => root.style.setProperty(name, [...data.colours, data.mark, data.bar][i]))
  const version = JSON.stringify([data.version, data.code])
  const order = data.positions.flatMap(({ blocks }, place) => blocks.map((_, line) => [place, line]))
  if (root.running?.version !== version) {
    clearTimeout(root.running?.timer)
    root.running = { version, at: order.length - 1, timer: null, shown: null, parts: built(root, data) }
  }
  const state = root.running, parts = state.parts
  state.at = Math.min(state.at, order.length - 1)
  const tell = words => { parts.numbers.textContent = words }

  function drawPosition(place) {
    const { blocks } = data.positions[place]
    parts.picture.replaceChildren(...blocks.map(block => {
      const element = made("div", "block")
      element.append(made("div", "said", block.said))
      if (block.kind === "vectors") element.append(vectors(block, data, tell))
      if (block.kind === "bars") element.append(bars(block.rows))
      return element
    }))
    state.shown = place
  }

  function draw() {
    const [place, line] = order[state.at], position = data.positions[place]
    if (state.shown !== place) drawPosition(place)
    ;[...parts.picture.children].forEach((element, i) => {
      element.className = `block${i > line ? " later" : ""}${i === line ? " lit" : ""}`
    })
    parts.lines.forEach((item, i) => {
      item.className = i === position.blocks[line].line ? "lit" : ""
      if (item.className) item.setAttribute("aria-current", "step")
      else item.removeAttribute("aria-current")
    })
    parts.buttons.forEach((button, i) => {
      const kinds = ["token", position.reads.includes(i) && "reads", i === position.target && "target", data.grows && (i > position.target || (i === position.target && position.blocks[line].line < data.written)) && "unread"]
      button.className = kinds.filter(Boolean).join(" ")
    })
    const words = `Step ${place + 1} of ${data.positions.length}: ${position.blocks[line].said}`
    parts.range.setAttribute("aria-valuetext", words)
    const button = parts.buttons[position.reads[position.reads.length - 1]]
    if (button) parts.strip.scrollTop = button.offsetTop - parts.strip.offsetTop - 40
  }

  // A token leads to the step that reads it last, with all lines done.
  parts.buttons.forEach((button, i) => {
    const place = data.positions.findIndex(({ reads }) => reads[reads.length - 1] === i)
    button.disabled = place < 0
    button.onclick = () => {
      parts.range.value = order.findIndex(([one], k) => one === place && order[k + 1]?.[0] !== place)
      parts.range.oninput()
    }
  })
  return player(root, parts, state, order.length - 1, draw)
}
