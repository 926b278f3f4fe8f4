// Tables of numbers as they come from the page: float32, little-endian, base64.
function decoded(text) {
  return new Float32Array(bytesOf(text).buffer)
}

// The largest distance from 0, at least a little.
function reachOf(values) {
  let most = 1e-6
  for (const value of values) if (Math.abs(value) > most) most = Math.abs(value)
  return most
}

function rgb(colour) {
  return [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16))
}

// One pixel a number, to be scaled by CSS: the first colour above 0, the second below, stronger the farther from 0.
function paint(canvas, at, columns, rows, most, colours) {
  canvas.width = columns
  canvas.height = rows
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows), [above, below] = colours.map(rgb)
  for (let i = 0; i < columns * rows; i++) {
    const value = at(i % columns, Math.floor(i / columns))
    const [r, g, b] = value >= 0 ? above : below
    image.data.set([r, g, b, Number.isNaN(value) ? 0 : 10 + 245 * Math.min(1, Math.abs(value) / most)], 4 * i)
  }
  context.putImageData(image, 0, 0)
}

// The numbers of a vector as cells in a row; `told` hears which one the pointer is at, and its value; null: none.
function madeStrip(values, most, colours, name, told) {
  const canvas = made("canvas", "strip")
  canvas.setAttribute("role", "img")
  canvas.setAttribute("aria-label", `${name}: ${values.length} numbers, the largest ${reachOf(values).toPrecision(3)} from 0`)
  paint(canvas, column => values[column], values.length, 1, most, colours)
  canvas.onpointermove = event => {
    const box = canvas.getBoundingClientRect()
    const i = Math.max(0, Math.min(values.length - 1, Math.floor(((event.clientX - box.left) / box.width) * values.length)))
    told(i, values[i])
  }
  canvas.onpointerleave = () => told(null)
  return canvas
}

// A number as it is read: three digits.
function digits(value) {
  return (value < 0 ? "−" : "") + Number(Math.abs(value).toPrecision(3)).toString()
}
