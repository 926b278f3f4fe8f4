const ROWS = 12 // histories that are shown
const FOLLOWERS = 6

function built(root, data) {
  const parts = {
    ...madeControls("Step"),
    code: made("ol", "code"), text: made("div", "text"), said: made("div", "said"), table: made("div", "table"),
  }
  data.code.forEach(line => parts.code.append(made("li", "", line)))
  parts.said.setAttribute("role", "status")
  const left = made("div", "left"), right = made("div", "right")
  left.append(parts.buttons, parts.range, parts.code)
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
  const last = data.steps.length, version = JSON.stringify([data.tokens, data.steps, data.start])
  if (root.stepping?.version !== version) {
    clearTimeout(root.stepping?.timer)
    root.stepping = { version, at: Math.min(data.at, last), timer: null, parts: built(root, data) }
  }
  const state = root.stepping, parts = state.parts

  return player(root, parts, state, last, () => {
    const { at } = state, now = at ? data.steps[at - 1] : null
    parts.range.setAttribute("aria-valuetext", `step ${at} of ${last}`)
    parts.said.setAttribute("aria-live", state.timer ? "off" : "polite")
    const words = at === last && last ? data.ended : now ? now.said : data.begun
    parts.said.textContent = `Step ${at.toLocaleString("en")} of ${last.toLocaleString("en")}. ${words}`
    const line = at === 0 ? 0 : at === last ? data.code.length - 1 : now.line
    const items = [...parts.code.children]
    items.forEach((item, i) => item.classList.toggle("lit", i === line))
    const show = data.mode === "train" ? pairs : choices
    show(data, at, parts)
  })
}
