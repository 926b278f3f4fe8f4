// Everything that a user or a model wrote goes to the page as textContent.
function made(tag, className, text) {
  const element = document.createElement(tag)
  element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

// What stands in base64.
function bytesOf(text) {
  return Uint8Array.from(atob(text), sign => sign.charCodeAt(0))
}

function drawn(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  if (text !== undefined) element.textContent = text
  return element
}
