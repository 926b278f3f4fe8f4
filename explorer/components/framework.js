function madeRow(choosable) {
  const row = made(choosable ? "button" : "div", "row")
  if (choosable) row.type = "button"
  row.append(made("bdi", "token"), made("span", "percent"), made("span", "bar"))
  return row
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.setAttribute("role", "group")
  root.setAttribute("aria-label", "The most probable next tokens")
  root.style.setProperty("--colour", data.colour)
  if (!root.children.length) root.append(...data.rows.map((_, i) => madeRow(i < data.rows.length - 1)))
  // Rows stay while their contents change: the keyboard keeps its place, and a bar goes from one length to the next.
  data.rows.forEach(({ id, token, percent, share }, i) => {
    const row = root.children[i]
    const [name, number, bar] = row.children
    name.textContent = token
    number.textContent = percent
    bar.style.setProperty("--share", share)
    if (row.tagName !== "BUTTON") return
    row.disabled = id === null
    row.title = token
    row.setAttribute("aria-label", `${token}, ${percent}. Press to append it to the text`)
    row.onclick = () => setTriggerValue("chosen", id)
  })
}
