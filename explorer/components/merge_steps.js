const PAUSE = 700 // ms between merges while playing
const STAY = 400 // ms until a merge that one stays at reaches the page

// Everything that a user wrote goes to the page as textContent.
function made(tag, className, text) {
  const element = document.createElement(tag)
  element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

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
  const buttons = made("div", "buttons")
  const [back, play, next] = ["Back", "Play", "Next merge"].map(name => {
    const button = made("button", "", name)
    button.type = "button"
    buttons.append(button)
    return button
  })
  const range = made("input", "range")
  range.type = "range"
  range.max = data.steps.length
  range.setAttribute("aria-label", "Merges done")
  const status = made("div", "status")
  status.setAttribute("role", "status")
  const text = made("div", "text")
  text.tabIndex = 0
  text.setAttribute("role", "region")
  text.setAttribute("aria-label", "The text, cut after these merges")
  const pairs = made("div", "pairs")
  const controls = made("div", "controls"), columns = made("div", "columns")
  controls.append(buttons, range)
  columns.append(text, pairs)
  root.replaceChildren(controls, status, columns)
  return { back, play, next, range, status, text, pairs }
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
    parts.range.value = at
    parts.range.setAttribute("aria-valuetext", `${at} merges done`)
    parts.back.disabled = at === 0
    parts.next.disabled = at === last
    parts.play.textContent = state.timer ? "Pause" : "Play"
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

  function go(to) {
    state.at = Math.max(0, Math.min(last, to))
    show()
    clearTimeout(state.saying)
    state.saying = state.timer ? null : setTimeout(() => state.tell(), STAY)
  }

  function pause() {
    clearTimeout(state.timer)
    state.timer = null
  }

  function byHand(to) {
    pause()
    go(to)
  }

  function tick() {
    if (state.at >= last) {
      byHand(last)
      return
    }
    state.timer = setTimeout(tick, PAUSE)
    go(state.at + 1)
  }

  parts.back.onclick = () => byHand(state.at - 1)
  parts.next.onclick = () => byHand(state.at + 1)
  parts.range.oninput = () => byHand(Number(parts.range.value))
  parts.play.onclick = () => {
    if (state.timer) {
      byHand(state.at)
      return
    }
    if (state.at === last) state.at = 0
    tick()
  }
  root.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by || event.target === parts.range || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    byHand(state.at + by)
  }
  show()
  return () => {
    pause()
    clearTimeout(state.saying)
  }
}
