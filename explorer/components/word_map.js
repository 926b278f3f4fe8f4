const LABELS = 32, NEAR = 12, FONT = 15 // words named at once; pixels around the mouse; pixels of a letter
const FULL = 32000, FEW = 500


// The colours as numbers for the canvas' own memory, red in the lowest byte.
function colours(legend) {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  return Uint32Array.from(legend, ({ colour }) => {
    context.clearRect(0, 0, 1, 1)
    context.fillStyle = colour
    context.fillRect(0, 0, 1, 1)
    const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
  })
}

function built(root) {
  root.className = "root"
  const frame = made("div", "frame"), canvas = made("canvas", ""), legend = made("div", "legend"), buttons = made("div", "buttons")
  canvas.tabIndex = 0
  canvas.setAttribute("role", "img")
  const [closer, farther, whole] = [["+", "Zoom in"], ["−", "Zoom out"], ["All", "Show all words"]].map(([sign, label]) => {
    const button = made("button", "", sign)
    button.type = "button"
    button.setAttribute("aria-label", label)
    buttons.append(button)
    return button
  })
  const ends = [0, 1, 2, 3].map(() => made("span", "end"))
  frame.append(canvas, ...ends, buttons)
  root.replaceChildren(frame, legend)
  return { frame, canvas, legend, closer, farther, whole, ends, context: canvas.getContext("2d") }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.parts ??= built(root)
  const { frame, canvas, context, legend, ends, closer, farther, whole } = root.parts
  if (root.points !== data.points || root.names !== data.words) {
    root.points = data.points
    root.names = data.words
    root.state = { at: new Int16Array(bytesOf(data.points).buffer), words: data.words.split("\n"), x: 0, y: 0, zoom: 1, over: -1 }
  }
  const state = root.state, { at, words } = state, count = words.length
  const shades = bytesOf(data.shades), palette = colours(data.legend)
  legend.replaceChildren(...(data.legend.length > 1 ? data.legend : []).map(({ colour, words }) => {
    const item = made("span", "", words)
    item.style.setProperty("--colour", colour)
    return item
  }))
  ends.forEach((end, i) => { end.textContent = data.ends[i] ?? ""; end.hidden = !data.ends[i] })
  const text = getComputedStyle(root).color, font = getComputedStyle(root).fontFamily
  const paper = getComputedStyle(root).getPropertyValue("--st-background-color") || "white"
  let wide = 1, high = 1, ratio = 1, asked = 0

  const unit = () => (Math.min(wide, high) / 2 - 12) / FULL * state.zoom
  const across = i => wide / 2 + (at[2 * i] - state.x) * unit()
  const down = i => high / 2 - (at[2 * i + 1] - state.y) * unit()
  const marks = () => window.explorerMarks?.[data.map] ?? { chosen: null, near: [], said: "" }

  function few() {
    context.clearRect(0, 0, wide, high)
    for (let i = count - 1; i >= 0; i--) {
      context.beginPath()
      context.arc(across(i), down(i), 4, 0, 2 * Math.PI)
      context.fillStyle = data.legend[shades[i]].colour
      context.fill()
    }
  }

  // So many points are drawn by writing into the canvas' memory: a frame takes milliseconds, without a graphics card.
  function dots() {
    const image = root.image, pixels = root.pixels, size = Math.max(2, Math.round(ratio * Math.min(7, 1.6 + 60 / Math.sqrt(count) + 0.5 * Math.log2(state.zoom))))
    pixels.fill(0)
    const columns = image.width, rows = image.height, scale = unit() * ratio
    const left = (wide / 2 * ratio) - state.x * scale, top = (high / 2 * ratio) + state.y * scale, half = size >> 1
    for (let i = count - 1; i >= 0; i--) {
      const x = Math.round(left + at[2 * i] * scale) - half, y = Math.round(top - at[2 * i + 1] * scale) - half
      if (x < 0 || y < 0 || x + size > columns || y + size > rows) continue
      const colour = palette[shades[i]]
      for (let row = y * columns + x, end = row + size * columns; row < end; row += columns)
        for (let place = row; place < row + size; place++) pixels[place] = colour
    }
    context.putImageData(image, 0, 0)
  }

  function name(i, strong) {
    const x = across(i), y = down(i)
    context.font = `${strong ? 600 : 400} ${FONT}px ${font}`
    context.lineWidth = 4
    context.strokeStyle = paper
    context.fillStyle = text
    context.strokeText(words[i], x + 8, y)
    context.fillText(words[i], x + 8, y)
  }

  function draw() {
    asked = 0
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    if (count <= FEW) few()
    else dots()
    context.textBaseline = "middle"
    context.lineJoin = "round"
    const { chosen, near, said } = marks()
    canvas.setAttribute("aria-label", `${data.alt} ${said} Drag or use the arrow keys to move, plus and minus to zoom.`)
    const marked = [...near, ...(chosen === null ? [] : [chosen])].filter(i => i < count)
    for (const i of marked) {
      context.beginPath()
      context.arc(across(i), down(i), i === chosen ? 7 : 5, 0, 2 * Math.PI)
      context.fillStyle = data.mark
      context.fill()
      context.lineWidth = 1.5
      context.strokeStyle = paper
      context.stroke()
    }
    // Each name takes room; the most frequent words come first, after those that are marked.
    const taken = []
    const fits = i => {
      const x = across(i), y = down(i), to = x + 14 + 8 * words[i].length
      if (x < 0 || to > wide || y < 10 || y > high - 10) return false
      if (taken.some(([left, right, middle]) => x < right && to > left && Math.abs(middle - y) < FONT + 5)) return false
      taken.push([x, to, y])
      return true
    }
    const strong = marked.reverse().filter(fits)
    let room = LABELS
    const named = []
    for (let i = 0; i < count && room > 0 && named.length + i < 6000; i++) if (!strong.includes(i) && fits(i)) { named.push(i); room-- }
    named.forEach(i => name(i, false))
    strong.forEach(i => name(i, true))
    if (state.over >= 0) name(state.over, true)
  }

  const redraw = () => { if (!asked) asked = requestAnimationFrame(draw) }

  function fit() {
    ratio = window.devicePixelRatio || 1
    wide = frame.clientWidth
    high = frame.clientHeight
    if (!wide) return
    canvas.width = Math.round(wide * ratio)
    canvas.height = Math.round(high * ratio)
    root.image = context.createImageData(canvas.width, canvas.height)
    root.pixels = new Uint32Array(root.image.data.buffer)
    redraw()
  }

  function zoom(by, x = wide / 2, y = high / 2) {
    const before = unit()
    state.zoom = Math.max(0.7, Math.min(200, state.zoom * by))
    const change = 1 / before - 1 / unit()
    state.x += (x - wide / 2) * change
    state.y -= (y - high / 2) * change
    redraw()
  }

  function move(x, y) {
    state.x -= x / unit()
    state.y += y / unit()
    redraw()
  }

  function nearest(x, y) {
    let best = -1, least = NEAR * NEAR
    for (let i = 0; i < count; i++) {
      const distance = (across(i) - x) ** 2 + (down(i) - y) ** 2
      if (distance < least) { least = distance; best = i }
    }
    return best
  }

  const here = event => { const box = canvas.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top] }
  const fingers = new Map()
  let moved = 0, apart = 0
  canvas.onpointerdown = event => {
    canvas.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, here(event))
    moved = 0
    apart = 0
  }
  canvas.onpointermove = event => {
    const now = here(event), before = fingers.get(event.pointerId)
    if (!before) {
      const over = nearest(...now)
      canvas.classList.toggle("over", over >= 0)
      if (over !== state.over) { state.over = over; redraw() }
      return
    }
    fingers.set(event.pointerId, now)
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1])
    if (fingers.size === 1) { move(now[0] - before[0], now[1] - before[1]); return }
    const [one, other] = [...fingers.values()], distance = Math.hypot(one[0] - other[0], one[1] - other[1])
    if (apart) zoom(distance / apart, (one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
    apart = distance
  }
  canvas.onpointerup = event => {
    const single = fingers.size === 1
    fingers.delete(event.pointerId)
    apart = 0
    const i = single && moved < 5 ? nearest(...here(event)) : -1
    if (i >= 0) setTriggerValue("chosen", i)
  }
  canvas.onpointercancel = event => fingers.delete(event.pointerId)
  canvas.onpointerleave = () => { state.over = -1; redraw() }
  // The wheel scrolls the page until the map has been clicked.
  canvas.onwheel = event => {
    if (!event.ctrlKey && canvas.getRootNode().activeElement !== canvas) return
    event.preventDefault()
    zoom(Math.exp(-event.deltaY / 400), ...here(event))
  }
  canvas.onkeydown = event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const act = {
      ArrowLeft: () => move(40, 0), ArrowRight: () => move(-40, 0), ArrowUp: () => move(0, 40), ArrowDown: () => move(0, -40),
      "+": () => zoom(1.3), "=": () => zoom(1.3), "-": () => zoom(1 / 1.3), 0: () => whole.onclick(),
    }[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }
  closer.onclick = () => zoom(1.5)
  farther.onclick = () => zoom(1 / 1.5)
  whole.onclick = () => { Object.assign(state, { x: 0, y: 0, zoom: 1 }); redraw() }

  root.stop?.()
  const observer = new ResizeObserver(fit)
  observer.observe(frame)
  window.addEventListener("explorer-marks", redraw)
  fit()
  root.stop = () => {
    observer.disconnect()
    window.removeEventListener("explorer-marks", redraw)
    cancelAnimationFrame(asked)
  }
  return root.stop
}
