const FULL = 32767, TALL = 430, PADDING = 22
const SLOW = 420, CATCH_UP = 700 // ms for a frame, and for all those that are new

function decoded(data) {
  const numbers = new Int16Array(bytesOf(data.frames).buffer)
  const size = 2 * data.words.length
  return Array.from({ length: data.count }, (_, i) => Array.from(numbers.subarray(i * size, (i + 1) * size), value => value / FULL))
}

function built(root, data, pick) {
  const steps = madeControls("Moment of the training", ["Back", "Next", "Play"])
  const kinds = made("div", "kinds")
  kinds.append(...data.kinds.map((kind, i) => {
    const name = made("span", "kind", kind)
    name.style.setProperty("--colour", data.colours[i % data.colours.length])
    return name
  }))
  kinds.hidden = !data.kinds.length
  const controls = made("div", "controls"), status = made("div", "status"), picture = made("div", "picture")
  status.setAttribute("role", "status")
  controls.append(steps.buttons, steps.range)
  const svg = drawn("svg", { class: "graph", role: "img", height: TALL })
  svg.style.height = TALL + "px"
  const points = data.words.map((word, i) => {
    const group = drawn("g", { class: "point" }), words = drawn("text", { dy: "0.35em", "paint-order": "stroke", class: "hidden" }, word)
    group.style.setProperty("--colour", data.colours[data.kind[i] % data.colours.length])
    group.append(drawn("title", {}, word), drawn("circle", { r: 5 }), words)
    group.onclick = () => pick(i)
    return group
  })
  svg.append(...points)
  picture.append(svg)
  root.replaceChildren(kinds, picture, status, controls)
  return { ...steps, status, svg, points }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section"), still = matchMedia("(prefers-reduced-motion: reduce)")
  root.style.setProperty("--mark", data.mark)
  const version = JSON.stringify([data.version, data.words, data.kinds])
  if (root.film?.version !== version) {
    clearTimeout(root.film?.timer)
    cancelAnimationFrame(root.film?.frame)
    const parts = built(root, data, i => root.film.pick(i))
    root.film = { version, at: data.live ? 0 : Math.max(0, data.count - 1), timer: null, frame: null, parts, last: -1, shown: null }
  }
  const film = root.film, parts = film.parts, frames = decoded(data), last = data.count - 1
  film.pick = i => setTriggerValue("pick", i)
  const marked = new Set(data.marked)

  function place(points) {
    film.shown = points
    const width = parts.svg.clientWidth || 600
    parts.svg.setAttribute("viewBox", `0 0 ${width} ${TALL}`)
    const { x, y } = fitted(points, width, TALL, width < 500 ? 45 : 75, PADDING)
    parts.points.forEach((group, i) => {
      group.at = [x(points[2 * i]), y(points[2 * i + 1])]
      group.setAttribute("transform", `translate(${group.at[0].toFixed(1)} ${group.at[1].toFixed(1)})`)
    })
  }

  // The marked words are named, and of the others those that have room.
  function write() {
    const width = parts.svg.clientWidth || 600, boxes = parts.points.map(group => dotBox(group.at))
    const order = parts.points.map((_, i) => i).sort((a, b) => marked.has(b) - marked.has(a))
    for (const i of order) {
      const group = parts.points[i]
      group.setAttribute("class", marked.has(i) ? "point marked" : "point")
      label(group.querySelector("text"), data.words[i], group.at, boxes, width, TALL, marked.has(i))
    }
    for (const i of marked) parts.svg.append(parts.points[i]) // on top
  }

  function say() {
    const words = data.said[film.at] ?? ""
    parts.status.setAttribute("aria-live", film.timer || data.live ? "off" : "polite")
    parts.status.textContent = words
    parts.range.setAttribute("aria-valuetext", words)
    parts.svg.setAttribute("aria-label", `The ${data.words.length} most frequent words on a plane. ${words}`)
  }

  function tween(to, time) {
    cancelAnimationFrame(film.frame)
    const from = film.shown
    if (!from || still.matches) {
      place(to)
      write()
      return
    }
    let begun = null
    const step = now => {
      begun ??= now
      const share = Math.min(1, (now - begun) / time)
      place(to.map((value, i) => from[i] + share * (value - from[i])))
      if (share < 1) film.frame = requestAnimationFrame(step)
      else write()
    }
    film.frame = requestAnimationFrame(step)
  }

  let pace = SLOW
  function draw(moved) {
    say()
    if (!frames.length) return
    if (moved || !film.shown) tween(frames[film.at], pace)
    else { place(frames[film.at]); write() }
  }

  parts.range.disabled = parts.play.disabled = last < 1
  const follows = film.last >= 0 && film.at >= film.last && last > film.last
  const begins = film.last < 0 && data.live
  film.last = last
  const pause = player(root, parts, film, Math.max(0, last), draw, () => pace)
  // What is new is played, unless the reader has gone back to look at something.
  if ((follows || begins) && last > film.at) {
    if (still.matches) {
      film.at = last
      parts.range.value = last
      draw(true)
    } else {
      pace = Math.max(40, Math.min(SLOW, CATCH_UP / (last - film.at)))
      parts.play.onclick()
    }
  }
  root.fit?.disconnect()
  root.fit = new ResizeObserver(() => {
    const width = parts.svg.clientWidth
    if (!width || width === film.width || !frames.length) return
    film.width = width
    place(film.shown ?? frames[film.at])
    write()
  })
  root.fit.observe(parts.svg)
  return () => {
    pause()
    cancelAnimationFrame(film.frame)
    root.fit?.disconnect()
  }
}
