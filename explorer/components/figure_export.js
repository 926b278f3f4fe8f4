const SCALE = 3 // pixels of a PNG to one on screen: sharp on a projector
const PADDING = 16
const LAYERS_OF_THE_MOUSE = ".draglayer, .hoverlayer, .zoomlayer, .selectionlayer"
// What a stylesheet of the page may have said; the file stands alone.
const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "visibility", "shape-rendering", "font-family", "font-size", "font-weight", "font-style",
  "font-variant-numeric", "text-anchor", "dominant-baseline", "white-space",
]

// Each drawing in `root` from back to front, also those of components.
function drawings(root) {
  return [...root.querySelectorAll("*")].flatMap(element => {
    if (element.shadowRoot) return drawings(element.shadowRoot)
    const draws = element.localName === "canvas" || (element.localName === "svg" && !element.ownerSVGElement)
    const { width, height } = element.getBoundingClientRect()
    return draws && width && height && !element.closest("button, .modebar, .gl-canvas-pick") ? [element] : []
  })
}

function background(element) {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor
    if (colour !== "transparent" && !colour.endsWith(", 0)")) return colour
  }
  return "white"
}

// A copy that looks the same without the page's stylesheets.
function copied(svg, families) {
  const copy = svg.cloneNode(true)
  const originals = [svg, ...svg.querySelectorAll("*")], copies = [copy, ...copy.querySelectorAll("*")]
  originals.forEach((original, i) => {
    const style = getComputedStyle(original), above = i && getComputedStyle(original.parentElement)
    for (const name of STYLES) {
      const value = style.getPropertyValue(name)
      const said = !i || original.style.getPropertyValue(name) || original.hasAttribute(name)
      if (said || value !== above.getPropertyValue(name)) copies[i].style.setProperty(name, value)
    }
    if (original.localName === "text") families.add(style.fontFamily)
  })
  copy.querySelectorAll(LAYERS_OF_THE_MOUSE).forEach(layer => layer.remove())
  return copy
}

async function asDataUrl(address) {
  const blob = await (await fetch(address)).blob()
  return new Promise(resolve => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.readAsDataURL(blob)
  })
}

// The page's own fonts among `families`: an image is drawn without those of the page around it.
async function fonts(families) {
  const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).filter(rule =>
    rule instanceof CSSFontFaceRule && rule.style.getPropertyValue("font-style") !== "italic" &&
    [...families].some(family => family.includes(rule.style.getPropertyValue("font-family"))))
  return Promise.all(rules.map(async rule => {
    const [source, address] = /url\("(.+?)"\)/.exec(rule.cssText)
    const here = new URL(address, rule.parentStyleSheet.href ?? document.baseURI)
    return rule.cssText.replace(source, `url("${await asDataUrl(here)}")`)
  }))
}

// One SVG that stands alone: the drawings of the figure, one upon the other.
async function standalone(key) {
  const container = document.querySelector(`.st-key-${key.replace(/[^\w-]/g, "-")}`)
  const found = container ? drawings(container) : []
  if (!found.length) return null
  const boxes = found.map(drawing => drawing.getBoundingClientRect())
  const left = Math.min(...boxes.map(box => box.left)) - PADDING, top = Math.min(...boxes.map(box => box.top)) - PADDING
  const width = Math.ceil(Math.max(...boxes.map(box => box.right)) + PADDING - left)
  const height = Math.ceil(Math.max(...boxes.map(box => box.bottom)) + PADDING - top)
  // A 3D drawing lasts for a moment only.
  const layout = container.querySelector(".js-plotly-plot")?._fullLayout
  for (const scene of layout?._subplots.gl3d ?? []) layout[scene]._scene.glplot.redraw()
  const families = new Set()
  const layers = found.map((drawing, i) => {
    const layer = drawing.localName === "canvas" ? drawn("image", { href: drawing.toDataURL() }) : copied(drawing, families)
    const box = boxes[i]
    const place = { x: box.left - left, y: box.top - top, width: box.width, height: box.height, overflow: "visible" }
    for (const [name, value] of Object.entries(place)) layer.setAttribute(name, value)
    return layer
  })
  const whole = drawn("svg", { width, height, viewBox: `0 0 ${width} ${height}` })
  const style = drawn("style", {})
  style.textContent = (await fonts(families)).join("\n")
  whole.append(style, drawn("rect", { width, height, fill: background(container) }), ...layers)
  const text = new XMLSerializer().serializeToString(whole)
  // XML has no signs for these, but a figure's text may.
  return { text: text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd"), width, height }
}

function svgFile({ text }) {
  return new Blob([text], { type: "image/svg+xml" })
}

async function pngFile(picture) {
  const address = URL.createObjectURL(svgFile(picture))
  const image = new Image()
  image.src = address
  await image.decode()
  const canvas = document.createElement("canvas")
  canvas.width = picture.width * SCALE
  canvas.height = picture.height * SCALE
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height)
  URL.revokeObjectURL(address)
  return new Promise((resolve, reject) =>
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error("the figure is too large for a PNG; take the SVG")))))
}

function save(file, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector("section")
  const status = document.createElement("span")
  status.setAttribute("role", "status")
  function button(words, ending, file) {
    const element = document.createElement("button")
    element.type = "button"
    element.textContent = words
    element.onclick = async () => {
      try {
        const picture = await standalone(data.chart_key)
        if (picture) save(await file(picture), `${data.name}.${ending}`)
        status.textContent = picture ? `Saved ${data.name}.${ending}` : "The figure is not on this page now."
      } catch (error) {
        status.textContent = `No picture: ${error.message}`
      }
    }
    return element
  }
  const first = button("PNG: picture", "png", pngFile)
  root.replaceChildren(first, button("SVG: picture at any size", "svg", svgFile), status)
  // A popover stands at the end of the document, the whole page away from the button that opened it.
  if (document.activeElement?.matches("[data-testid=stPopoverButton]")) first.focus()
}
