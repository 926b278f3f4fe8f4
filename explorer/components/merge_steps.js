const STAY = 400 // ms until a merge that one stays at reaches the page

// The pieces of a word after so many merges: [letters, whether the last merge made it].
function pieces({ letters, closed }, at) {
  const found = []
  let piece = letters[0], isNew = false
  letters.slice(1).forEach((letter, gap) => {
    if (closed[gap] !== null && closed[gap] <= at) {
      piece += letter
      isNew ||= closed[gap] === at
    } else {
      found.push([piece, isNew])
      piece = letter
      isNew = false
    }
  })
  return [...found, [piece, isNew]]
}

function built(root, data) {
  const steps = madeControls("Merges done", ["Back", "Next merge", "Play"])
  const status = made("div", "status")
  status.setAttribute("role", "status")
  const text = made("div", "text")
  text.tabIndex = 0
  text.setAttribute("role", "region")
  text.setAttribute("aria-label", "The text, cut after these merges")
  const pairs = made("div", "pairs")
  const controls = made("div", "controls"), columns = made("div", "columns")
  controls.append(steps.buttons, steps.range)
  columns.append(text, pairs)
  root.replaceChildren(controls, status, columns)
  return { ...steps, status, text, pairs }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector("section")
  root.style.setProperty("--colour", data.colour)
  const version = JSON.stringify([data.words, data.steps])
  if (root.merging?.version !== version) {
    clearTimeout(root.merging?.timer)
    clearTimeout(root.merging?.saying)
    root.merging = { version, at: data.at, told: data.at, timer: null, saying: null, parts: built(root, data) }
  }
  const state = root.merging, parts = state.parts, last = data.steps.length
  // The page's number counts where it is news: not the echo of a step that was told it.
  if (data.at !== state.told && state.saying === null) state.at = data.at
  if (state.saying === null) state.told = data.at
  state.tell = () => {
    state.saying = null
    if (state.told === state.at) return
    state.told = state.at
    setTriggerValue("step", state.at)
  }

  function show() {
    const { at } = state
    parts.range.setAttribute("aria-valuetext", `${at} merges done`)
    let count = 0
    parts.text.replaceChildren(...data.words.map(word => {
      const element = made("span", "word"), cut = pieces(word, at)
      count += cut.length
      element.append(...cut.map(([piece, isNew]) => made("bdi", at && isNew ? "piece new" : "piece", piece)))
      return element
    }))
    const first = parts.text.querySelector(".new")
    if (first) {
      const above = first.getBoundingClientRect().top - parts.text.getBoundingClientRect().top
      if (above < 0 || above > parts.text.clientHeight - 30) parts.text.scrollTop += above - 30
    }
    const [chosen] = at ? data.steps[at - 1].pairs : []
    parts.status.setAttribute("aria-live", state.timer ? "off" : "polite")
    parts.status.replaceChildren(...(chosen
      ? [`Merge ${at} of ${last}: `, made("bdi", "code", chosen[0]), " + ", made("bdi", "code", chosen[1]), " → ",
         made("bdi", "code new", chosen[0] + chosen[1]), ` · ${count.toLocaleString("en")} pieces`]
      : [`No merge yet: ${count.toLocaleString("en")} single characters`]))
    const shown = data.steps[Math.max(0, at - 1)]?.pairs ?? []
    const most = shown[0]?.[2] ?? 1
    parts.pairs.replaceChildren(
      made("div", "head", at ? "Pairs side by side before this merge, and how often" : "Pairs side by side, and how often"),
      ...shown.map(([left, right, times], i) => {
        const row = made("div", i ? "pair" : "pair first"), bar = made("span", "bar"), name = made("span", "name")
        name.append(made("bdi", "code", left), " + ", made("bdi", "code", right))
        bar.style.setProperty("--share", times / most)
        row.append(name, bar, made("span", "number", times.toLocaleString("en")))
        return row
      }),
      made("div", "hint", !shown.length ? "There is no pair." : at ? "The first was merged." : "The first is merged next."))
  }

  function draw(moved) {
    show()
    if (!moved) return
    clearTimeout(state.saying)
    state.saying = state.timer ? null : setTimeout(() => state.tell(), STAY)
  }

  const pause = player(root, parts, state, last, draw)
  return () => {
    pause()
    clearTimeout(state.saying)
  }
}
