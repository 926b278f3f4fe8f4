const STAY = 400 // ms until a token that one stays at reaches the page
const ABOVE = 132, BOX = 30, BELOW = 22 // heights: arcs, tokens, shares
const GAP = 6, WIDEST = 60 // between tokens
const LEAST = 0.005 // a weight that is drawn
const NAMED = 6

function cut(word) {
  return word.length > 16 ? word.slice(0, 15) + "…" : word
}

function percent(share) {
  if (share >= 0.9995) return share < 1 - 1e-6 ? "> 99.9\u00a0%" : "100\u00a0%"
  return (100 * share).toFixed(share < 0.1 || share >= 0.995 ? 1 : 0) + "\u00a0%"
}

// From the middle of one token to that of another, higher the farther; a loop to itself.
function path(from, to) {
  if (from === to) return `M ${from - 7} ${ABOVE} C ${from - 26} ${ABOVE - 36}, ${from + 26} ${ABOVE - 36}, ${from + 7} ${ABOVE}`
  const top = ABOVE - (4 / 3) * Math.min(ABOVE - 12, 18 + 0.3 * Math.abs(from - to))
  return `M ${from} ${ABOVE} C ${from} ${top}, ${to} ${top}, ${to} ${ABOVE}`
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.style.setProperty("--mark", data.mark)
  root.style.setProperty("--colour", data.colour)
  const focused = root.contains(root.getRootNode().activeElement)
  if (!root.saying || root.chosen >= data.tokens.length) root.chosen = data.reading
  const count = data.tokens.length, weights = decoded(data.weights), of = (query, key) => weights[query * count + key]
  const scrolled = root.querySelector(".scroll")?.scrollLeft
  const scroll = made("div", "scroll"), read = made("div", "read"), svg = drawn("svg", { role: "radiogroup", "aria-label": "The text: choose a token that looks" })
  const arcs = drawn("g", {})
  svg.append(arcs)
  const items = data.tokens.map((token, i) => {
    const group = drawn("g", { class: "token", role: "radio", "aria-label": `Place ${i}: ${token}` })
    const parts = { group, box: drawn("rect", { y: ABOVE, height: BOX, rx: 4 }), word: drawn("text", { class: "word", y: ABOVE + 20 }, cut(token)), share: drawn("text", { class: "share", y: ABOVE + BOX + 16 }), x: 0 }
    group.append(parts.box, parts.word, parts.share)
    group.onpointerenter = () => show(i)
    group.onclick = () => choose(i)
    svg.append(group)
    return parts
  })
  scroll.append(svg)
  root.replaceChildren(scroll, read)

  function laidOut() {
    const context = made("canvas", "").getContext("2d"), style = getComputedStyle(items[0].word)
    context.font = `${style.fontSize} ${style.fontFamily}`
    const widths = data.tokens.map(token => Math.max(46, context.measureText(cut(token)).width + 14))
    const all = widths.reduce((sum, width) => sum + width, 0), room = scroll.clientWidth
    const gap = Math.max(GAP, Math.min(WIDEST, (room - all - 8) / Math.max(1, count - 1)))
    let left = 4
    items.forEach((item, i) => {
      item.x = left + widths[i] / 2
      for (const [name, value] of [["x", left], ["width", widths[i]]]) item.box.setAttribute(name, value)
      for (const text of [item.word, item.share]) text.setAttribute("x", item.x)
      left += widths[i] + gap
    })
    const width = left - gap + 4, height = ABOVE + BOX + BELOW
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) svg.setAttribute(name, value)
    show(root.chosen)
  }

  // The arcs of a token, that is chosen or only pointed at.
  function show(query) {
    const keys = [...Array(query + 1).keys()]
    arcs.replaceChildren(...keys.filter(key => of(query, key) >= LEAST).sort((a, b) => of(query, a) - of(query, b)).map(key => {
      const share = of(query, key)
      return drawn("path", { class: "arc", d: path(items[query].x, items[key].x), "stroke-width": 1 + 8 * share, "stroke-opacity": 0.2 + 0.8 * share })
    }))
    items.forEach(({ group, box, share }, i) => {
      const seen = i <= query ? of(query, i) : 0
      group.setAttribute("class", ["token", i === query && "lit", i > query && "later"].filter(Boolean).join(" "))
      group.setAttribute("aria-checked", i === root.chosen)
      group.setAttribute("tabindex", i === root.chosen ? 0 : -1) // one stop for Tab; the arrow keys go on from there
      box.style.setProperty("--share", seen)
      share.textContent = seen >= LEAST ? percent(seen) : ""
    })
    const best = keys.sort((a, b) => of(query, b) - of(query, a)).slice(0, NAMED).filter(key => of(query, key) >= LEAST)
    const rest = 1 - best.reduce((sum, key) => sum + of(query, key), 0), name = i => `“\u2068${data.tokens[i]}\u2069” (${i})`
    read.textContent = `${name(query)} looks at ${best.map(key => `${name(key)} ${percent(of(query, key))}`).join(", ")}` +
      (rest >= LEAST ? `; at all others ${percent(rest)}` : "")
  }

  // Brings a token into the box where it is out of it.
  function bring(i, share) {
    const { x } = items[i], left = scroll.scrollLeft, room = scroll.clientWidth
    if (x < left + 40 || x > left + room - 40) scroll.scrollLeft = x - share * room
  }

  function choose(i) {
    root.chosen = i
    show(i)
    items[i].group.focus({ preventScroll: true })
    bring(i, 0.5)
    clearTimeout(root.saying)
    root.saying = setTimeout(() => { root.saying = null; setTriggerValue("choice", i) }, STAY)
  }

  svg.onpointerleave = () => show(root.chosen)
  svg.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    const to = { Home: 0, End: count - 1 }[event.key] ?? (by && root.chosen + by)
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    choose(Math.max(0, Math.min(count - 1, to)))
  }
  let width = 0
  const fit = new ResizeObserver(() => {
    if (!scroll.clientWidth || scroll.clientWidth === width) return
    const first = !width
    width = scroll.clientWidth
    laidOut()
    if (first) scroll.scrollLeft = scrolled ?? 0
    bring(root.chosen, 0.8)
  })
  fit.observe(scroll)
  show(root.chosen) // what has no place in the order of Tab can't have the focus
  if (focused) items[root.chosen].group.focus({ preventScroll: true })
  return () => fit.disconnect()
}
