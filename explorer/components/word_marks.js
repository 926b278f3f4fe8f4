// Tells the map of the same name which words are marked.
export default function (component) {
  const { map, ...marks } = component.data
  window.explorerMarks = { ...window.explorerMarks, [map]: marks }
  window.dispatchEvent(new Event("explorer-marks"))
}
