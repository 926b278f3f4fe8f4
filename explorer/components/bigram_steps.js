const ROWS = 12 // histories that are shown
const FOLLOWERS = 6
const PACE = 700 // ms between steps

// Everything that a user wrote goes to the page as textContent.
function made(tag, className, text) {
  const element = document.createElement(tag)
  element.className = className
  if (text !== undefined) element.textContent = text
  return element
}

function button(label, title) {
  const element = made("button", "", label)
  element.type = "button"
  element.title = title
  return element
}

function built(root, data) {
  const parts = {
    code: made("ol", "code"), text: made("div", "text"), said: made("div", "said"), table: made("div", "table"),
    back: button("Back", "One step back (left arrow)"), step: button("Step", "One step on (right arrow)"),
    play: button("Play", "Goes on by itself"), reset: button("Reset", "Back to the beginning"), range: made("input", "range"),
  }
  data.code.forEach(line => parts.code.append(made("li", "", line)))
  parts.range.type = "range"
  parts.range.min = 0
  parts.range.max = data.steps.length
  parts.range.setAttribute("aria-label", "Step")
  parts.said.setAttribute("role", "status")
  const buttons = made("div", "buttons")
  buttons.append(parts.back, parts.step, parts.play, parts.reset)
  const left = made("div", "left"), right = made("div", "right")
  left.append(buttons, parts.range, parts.code)
  right.append(parts.said, parts.text, parts.table)
  root.replaceChildren(left, right)
  return parts
}

function row(history, followers, of, lit) {
  const line = made("div", lit ? "row lit" : "row")
  line.append(made("bdi", "history", history))
  const cells = made("span", "cells")
  followers.slice(0, FOLLOWERS).forEach(([token, count, share, chosen]) => {
    const cell = made("span", chosen ? "cell chosen" : "cell")
    cell.style.setProperty("--share", share)
    cell.append(made("bdi", "", token), ` ${count.toLocaleString("en")}/${of.toLocaleString("en")}`)
    cells.append(cell)
  })
  if (followers.length > FOLLOWERS) cells.append(made("span", "more", `+ ${followers.length - FOLLOWERS}`))
  line.append(cells)
  return line
}

// Pre-training: the pairs up to this step, counted.
function pairs(data, at, parts) {
  const now = at ? data.steps[at - 1] : null
  parts.text.replaceChildren(...data.tokens.flatMap((token, i) => {
    const lit = now && (i === now.place || i === now.place + 1)
    const done = now && i <= now.place
    const piece = made("bdi", lit ? "lit" : done ? "done" : "", token)
    return data.breaks.includes(i) && i ? [made("br", ""), piece, " "] : [piece, " "]
  }))
  const counts = new Map(), newest = []
  for (const { place } of data.steps.slice(0, at)) {
    const first = data.tokens[place], second = data.tokens[place + 1]
    if (!counts.has(first)) counts.set(first, new Map())
    counts.get(first).set(second, (counts.get(first).get(second) ?? 0) + 1)
    newest.push(first)
  }
  const shown = [...new Set(newest.reverse())].slice(0, ROWS)
  parts.table.replaceChildren(...shown.map((first, i) => {
    const seen = [...counts.get(first)].sort((a, b) => b[1] - a[1]), of = seen.reduce((sum, [, count]) => sum + count, 0)
    const chosen = i === 0 && now ? data.tokens[now.place + 1] : null
    return row(first, seen.map(([token, count]) => [token, count, count / of, token === chosen]), of, i === 0)
  }))
  const lit = parts.text.querySelector(".lit")
  if (lit) parts.text.scrollTop = lit.offsetTop - parts.text.offsetTop - 40
}

// Inference: the rows that were looked up so far, the newest above.
function choices(data, at, parts) {
  parts.text.replaceChildren(made("bdi", at ? "done" : "lit", data.start), " ", ...data.steps.slice(0, at).flatMap((step, i) =>
    [made("bdi", i === at - 1 ? "lit" : "done", step.token), " "]))
  const rows = data.steps.slice(0, at).map((step, i) =>
    row(step.history, step.followers.map(([token, count]) => [token, count, count / step.of, token === step.token]), step.of, i === at - 1))
  parts.table.replaceChildren(...rows.reverse().slice(0, ROWS))
}

export default function (component) {
  const { data, parentElement } = component
  const root = parentElement.querySelector("section")
  root.className = "root"
  root.tabIndex = -1
  root.style.setProperty("--colour", data.colour)
  root.style.setProperty("--mark", data.mark)
  const last = data.steps.length, known = JSON.stringify([data.tokens, data.steps, data.start])
  if (root.known !== known) {
    root.known = known
    root.at = Math.min(data.at, last)
    root.parts = built(root, data)
  }
  const parts = root.parts
  clearTimeout(root.timer)
  root.timer = null

  function show() {
    const at = root.at, now = at ? data.steps[at - 1] : null
    parts.range.value = at
    parts.range.setAttribute("aria-valuetext", `step ${at} of ${last}`)
    parts.back.disabled = parts.reset.disabled = at === 0
    parts.step.disabled = at === last
    parts.play.textContent = root.timer ? "Pause" : "Play"
    parts.said.setAttribute("aria-live", root.timer ? "off" : "polite")
    parts.said.textContent = `Step ${at.toLocaleString("en")} of ${last.toLocaleString("en")}. ` + (at === last && last ? data.ended : now ? now.said : data.begun)
    const line = at === 0 ? 0 : at === last ? data.code.length - 1 : now.line
    ;[...parts.code.children].forEach((item, i) => item.classList.toggle("lit", i === line))
    ;(data.mode === "train" ? pairs : choices)(data, at, parts)
  }

  function pause() {
    clearTimeout(root.timer)
    root.timer = null
  }

  function go(to) {
    pause()
    root.at = Math.max(0, Math.min(last, to))
    show()
  }

  function tick() {
    if (root.at >= last) {
      pause()
    } else {
      root.timer = setTimeout(tick, PACE)
      root.at += 1
    }
    show()
  }

  parts.back.onclick = () => go(root.at - 1)
  parts.step.onclick = () => go(root.at + 1)
  parts.reset.onclick = () => go(0)
  parts.range.oninput = () => go(Number(parts.range.value))
  parts.play.onclick = () => {
    if (root.timer) {
      go(root.at)
      return
    }
    if (root.at === last) root.at = 0
    tick()
  }
  root.onkeydown = event => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by || event.target === parts.range || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    go(root.at + by)
  }
  show()
  return pause
}
