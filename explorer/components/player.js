// Buttons and a slider to step through something.
function madeControls(label, names = ["Back", "Step", "Play", "Reset"]) {
  const buttons = made("div", "buttons")
  const [back, step, play, reset] = names.map(name => {
    const button = made("button", "", name)
    button.type = "button"
    buttons.append(button)
    return button
  })
  const range = made("input", "range")
  range.type = "range"
  range.setAttribute("aria-label", label)
  return { buttons, back, step, play, reset, range }
}

// The tokens of a text as buttons, a step each.
function madeTokens(tokens) {
  const strip = made("div", "tokens")
  strip.setAttribute("role", "group")
  strip.setAttribute("aria-label", "The text: choose a step")
  const buttons = tokens.map((token, i) => {
    const button = made("button", "token")
    button.type = "button"
    button.append(made("bdi", "", token))
    button.setAttribute("aria-label", `Step ${i + 1}: ${token}`)
    return button
  })
  strip.append(...buttons)
  return { strip, buttons }
}

// Goes through steps 0 to `last` by buttons, slider and arrow keys, or by itself.
// `state` has `at` and `timer`, and outlives a change of the theme. `draw(moved, forward)` shows the step: after a move,
// one step forward or not. `pace` gives the milliseconds to the next step. Returns what stops it.
function player(root, parts, state, last, draw, pace = () => 700) {
  parts.range.max = last

  function show(moved, forward) {
    parts.range.value = state.at
    parts.back.disabled = state.at === 0
    parts.step.disabled = state.at === last
    if (parts.reset) parts.reset.disabled = state.at === 0
    parts.play.textContent = state.timer ? "Pause" : "Play"
    draw(moved, forward)
  }

  function go(to) {
    const forward = to === state.at + 1
    state.at = Math.max(0, Math.min(last, to))
    show(true, forward)
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
    state.timer = setTimeout(tick, pace())
    go(state.at + 1)
  }

  parts.back.onclick = () => byHand(state.at - 1)
  parts.step.onclick = () => byHand(state.at + 1)
  if (parts.reset) parts.reset.onclick = () => byHand(0)
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
  pause()
  show(false, false)
  return pause
}
