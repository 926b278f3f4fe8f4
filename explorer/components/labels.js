// Where the words beside points stand. `boxes` are taken places, [left, top, right, bottom]; that of the word comes to them.
const SIDES = [["start", 10, 0], ["end", -10, 0], ["middle", 0, -17], ["middle", 0, 17]]

// Puts the words of a point on the side where they cover least; hides them where they would cover something, unless they `must` stand.
function label(text, words, [x, y], boxes, width, height, must) {
  const long = 8.2 * words.length
  const covered = box => boxes.filter(other => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]).length
  const [best] = SIDES.map(([anchor, dx, dy]) => {
    const from = x + dx - (anchor === "end" ? long : anchor === "middle" ? long / 2 : 0)
    const box = [from, y + dy - 9, from + long, y + dy + 9]
    return { anchor, dx, dy, box, cost: covered(box) + (box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height ? 4 : 0) }
  }).sort((a, b) => a.cost - b.cost)
  const written = must || best.cost === 0
  text.textContent = words
  text.setAttribute("class", written ? "" : "hidden")
  text.setAttribute("text-anchor", best.anchor)
  text.setAttribute("x", best.dx)
  text.setAttribute("y", best.dy)
  if (written) boxes.push(best.box)
}

// The place that a point takes.
function dotBox([x, y]) {
  return [x - 6, y - 6, x + 6, y + 6]
}

// One scale both ways for points [x, y, x, y, ...], so that all of them fit between the margins.
function fitted(points, width, height, side, end) {
  const xs = points.filter((_, i) => i % 2 === 0), ys = points.filter((_, i) => i % 2 === 1)
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const scale = Math.min((width - 2 * side) / (right - left || 1), (height - 2 * end) / (high - low || 1))
  const x0 = width / 2 - ((left + right) / 2) * scale, y0 = height / 2 + ((low + high) / 2) * scale
  return { scale, x: value => x0 + value * scale, y: value => y0 - value * scale }
}
