const LETTER = 9.1, SMALL = 7.5, LONGEST = 24, ROW = 27, HEIGHT = 23, GAP = 16

function shown(word) {
  return word.length > LONGEST ? word.slice(0, LONGEST - 1) + "…" : word
}

// The names in a row of tags: [kind, first word, word after the last].
function spansOf(tags) {
  const found = []
  tags.forEach((tag, i) => {
    if (tag <= 0) return
    const kind = (tag - 1) >> 1, last = found.at(-1)
    if (tag % 2 === 0 && last?.[2] === i && last[0] === kind) last[2] = i + 1
    else found.push([kind, i, i + 1])
  })
  return found
}

// As wide as the word, and as the name of the kind wherever one is written.
function widths(data) {
  const wide = data.tokens.map(token => Math.max(26, shown(token).length * LETTER + 10))
  for (const frame of data.frames) for (const row of frame.rows) for (const [kind, from, to] of spansOf(row)) {
    let room = 0
    for (let i = from; i < to; i++) room += wide[i]
    wide[to - 1] += Math.max(0, data.kinds[kind].name.length * SMALL + 18 - room)
  }
  return wide
}

// Places at which some row goes on with a name: no line begins there if it can be helped.
function joinedIn(frames) {
  const joined = new Set()
  for (const frame of frames) for (const row of frame.rows) for (const [, from, to] of spansOf(row)) {
    for (let i = from + 1; i < to; i++) joined.add(i)
  }
  return joined
}

function linesOf(wide, room, joined) {
  const lines = []
  let start = 0, left = 0
  for (let i = 0; i < wide.length; i++) {
    if (i > start && left + wide[i] > room) {
      let stop = i
      while (stop > start && joined.has(stop)) stop--
      if (stop === start) stop = i
      lines.push([start, stop])
      start = stop
      left = wide.slice(start, i).reduce((sum, width) => sum + width, 0)
    }
    left += wide[i]
  }
  return [...lines, [start, wide.length]]
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section"), last = data.frames.length - 1
  const version = JSON.stringify([data.tokens, data.names, data.frames])
  root.style.setProperty("--mark", data.mark)
  if (root.version !== version) {
    clearTimeout(root.state?.timer)
    Object.assign(root, { version, state: { at: last, timer: null, focus: 0 } })
  }
  const { state } = root
  const wide = widths(data), joined = joinedIn(data.frames), said = made("output", "said"), head = made("div", "head")
  const picture = made("div", "picture"), steps = last ? madeControls("Words read", ["Back", "Step", "Play"]) : null
  picture.setAttribute("role", "group")
  picture.setAttribute("aria-label", data.clicks
    ? "The text and its names, a row a tagger. Arrow keys go from word to word, Enter chooses one"
    : "The text and its names, a row a tagger")
  if (!data.clicks) picture.tabIndex = 0
  if (steps) head.append(steps.buttons, steps.range, said)
  root.replaceChildren(...(steps ? [head, picture] : [picture]))
  if (data.chosen !== null) state.focus = data.chosen

  function wordOf(i, x, y, isRead) {
    const word = drawn("g", { class: `word${i === data.chosen ? " chosen" : ""}${isRead ? "" : " unread"}` })
    word.append(drawn("rect", { x, y, width: wide[i] - 3, height: HEIGHT, rx: 3 }))
    word.append(drawn("text", { x: x + 5, y: y + HEIGHT / 2 }, shown(data.tokens[i])))
    if (!data.clicks) return word
    word.setAttribute("role", "button")
    word.setAttribute("aria-label", `Word ${i + 1}: ${shown(data.tokens[i])}`)
    word.setAttribute("aria-pressed", i === data.chosen)
    word.setAttribute("tabindex", i === state.focus ? 0 : -1)
    word.onclick = () => setTriggerValue("token", i)
    return word
  }

  function rowOf(svg, r, from, to, x, y) {
    const row = data.frames[state.at].rows[r], marked = data.frames[state.at].marked[r]
    const covered = new Set()
    for (const [kind, start, stop] of spansOf(row)) {
      const i = Math.max(start, from), j = Math.min(stop, to)
      if (i >= j) continue
      const { name, colour } = data.kinds[kind], isMarked = marked.some(place => place >= i && place < j)
      const cell = drawn("g", { class: `span${i > start ? " goes-on" : ""}${isMarked ? " marked" : ""}` })
      const width = x[j] - x[i] - 3
      cell.style.setProperty("--colour", colour)
      cell.append(drawn("rect", { class: "field", x: x[i], y, width, height: HEIGHT, rx: 3 }))
      cell.append(drawn("line", { class: "edge", x1: x[i] + 2, x2: x[i] + 2, y1: y + 1, y2: y + HEIGHT - 1 }))
      cell.append(drawn("text", { x: x[i] + 8, y: y + HEIGHT / 2 }, i > start ? `… ${name}` : name))
      cell.append(drawn("title", {}, `${data.names[r]}: ${data.tokens.slice(start, stop).map(shown).join(" ")}: ${name}`))
      svg.append(cell)
      for (let k = i; k < j; k++) covered.add(k)
    }
    for (let i = from; i < to; i++) {
      if (covered.has(i) || row[i] < 0) continue
      const box = { x: x[i] + 1, y: y + 1, width: wide[i] - 5, height: HEIGHT - 2, rx: 3 }
      const middle = { x1: x[i] + 5, x2: x[i] + wide[i] - 8, y1: y + HEIGHT / 2, y2: y + HEIGHT / 2 }
      if (marked.includes(i)) svg.append(drawn("rect", { class: "gone", ...box }))
      svg.append(drawn("line", { class: "none", ...middle }))
    }
  }

  function draw() {
    const room = root.clientWidth || 700, longest = Math.max(...data.names.map(name => name.length))
    const left = Math.min(room < 500 ? 104 : 150, longest * 7.3 + 10)
    const lines = linesOf(wide, room - left - 14, joined), { rows } = data.frames[state.at]
    const svg = drawn("svg", {}), words = []
    let y = 2, right = 0
    for (const [from, to] of lines) {
      const x = {}
      for (let i = from, at = left; i <= to; at += wide[i], i++) x[i] = at
      right = Math.max(right, x[to])
      for (let i = from; i < to; i++) {
        words[i] = wordOf(i, x[i], y, rows.some(row => row[i] >= 0))
        svg.append(words[i])
      }
      y += ROW
      rows.forEach((_, r) => {
        svg.append(drawn("text", { class: "name", x: 1, y: y + HEIGHT / 2 }, data.names[r]))
        rowOf(svg, r, from, to, x, y)
        y += ROW
      })
      const differing = data.differ.filter(i => i >= from && i < to)
      if (differing.length) svg.append(drawn("text", { class: "name", x: 1, y: y + 8 }, "they differ"))
      for (const i of differing) {
        const sign = drawn("g", { class: "differ" })
        sign.append(drawn("text", { x: x[i] + 6, y: y + 8 }, "≠"))
        sign.append(drawn("line", { x1: x[i] + 3, x2: x[i] + 20, y1: y + 17, y2: y + 17 }))
        sign.append(drawn("title", {}, `The taggers disagree on “${shown(data.tokens[i])}”.`))
        svg.append(sign)
      }
      y += (differing.length ? 20 : 0) + GAP
    }
    svg.setAttribute("width", Math.max(right + 2, left + 40))
    svg.setAttribute("height", y)
    const hadFocus = words.length && picture.contains(root.getRootNode().activeElement)
    const kept = picture.scrollTop
    picture.replaceChildren(svg)
    picture.scrollTop = kept
    state.width = room
    said.textContent = data.frames[state.at].said
    if (data.clicks) {
      svg.onkeydown = event => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
        if (event.key === "Enter" || event.key === " ") setTriggerValue("token", state.focus)
        else if (!by || event.ctrlKey || event.metaKey || event.altKey) return
        event.preventDefault()
        if (!by) return
        words[state.focus].setAttribute("tabindex", -1)
        state.focus = Math.max(0, Math.min(words.length - 1, state.focus + by))
        words[state.focus].setAttribute("tabindex", 0)
        words[state.focus].focus()
      }
      if (hadFocus) words[state.focus].focus()
    }
  }

  const pause = steps ? player(root, steps, state, last, draw) : () => {}
  if (!steps) draw()
  root.fit?.disconnect()
  root.fit = new ResizeObserver(() => {
    if (root.clientWidth && root.clientWidth !== state.width) draw()
  })
  root.fit.observe(root)
  return () => {
    pause()
    root.fit.disconnect()
  }
}
