const EMBED = ["embed", "embed_options"]

// The address of this page with `query`; how the page is embedded stays as it is.
function address(query) {
  const kept = [...new URLSearchParams(location.search)].filter(([name]) => EMBED.includes(name))
  const all = [query, new URLSearchParams(kept).toString()].filter(Boolean).join("&")
  return location.pathname + (all ? "?" + all : "")
}

function shown(search) {
  return JSON.stringify([...new URLSearchParams(search)].filter(([name]) => !EMBED.includes(name)).sort())
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Without https the clipboard has only the old way.
    const area = document.createElement("textarea")
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand("copy")
    area.remove()
  }
}

export default function (component) {
  const { data, parentElement } = component
  if (data.carried && shown(location.search) !== shown(data.query)) {
    // Streamlit pushes a history entry for each change of the URL; a page switch has made one already.
    history.replaceState(history.state, "", address(data.query))
  }
  const root = parentElement.querySelector("section")
  let button = root.querySelector("button")
  if (!button) {
    button = document.createElement("button")
    button.type = "button"
    button.textContent = "Copy link"
    const said = document.createElement("span")
    said.setAttribute("role", "status")
    root.append(said, button)
  }
  button.onclick = async () => {
    await copy(location.origin + address(data.link))
    const said = root.querySelector("span")
    said.textContent = "Copied"
    setTimeout(() => { said.textContent = "" }, 2000)
  }
}
