// A receiver of a custom channel: answers of the desk come in here, messages of customers go out.
//
//     SECRET=whsec_… node receiver.mjs                                         takes answers, on PORT (9000)
//     DESK=https://desk.example.com CHANNEL=cch1 API_KEY=hd_… node receiver.mjs login-1 "Hello"      sends a message
//
// It needs Node 18 and no packages. What is yours to write is `show`.

import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const TOLERANCE = 300 // seconds between the desk's clock and ours
const BIGGEST = 1_000_000 // bytes of a body

/** Yours: shows an answer to the customer `user_custom_id`. If it throws, it is called again. */
async function show (message) {
  console.log(`${message.user_custom_id} <- ${message.content}`)
}

// Answers of the desk

/** Whether the desk signed these bytes, a short while ago (Standard Webhooks 1.0). body: a Buffer, as it came. */
function isGenuine (secret, headers, body) {
  const id = headers['webhook-id']
  const sentAt = headers['webhook-timestamp']
  if (!id || !/^\d{1,15}$/.test(sentAt ?? '')) return false
  // Older ones somebody may have caught, to send them once more.
  if (Math.abs(Date.now() / 1000 - Number(sentAt)) > TOLERANCE) return false
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const hash = createHmac('sha256', key).update(`${id}.${sentAt}.`).update(body).digest('base64')
  const expected = Buffer.from(`v1,${hash}`)
  // Several signatures while a secret is changed: one right is enough. Compared in constant time.
  return (headers['webhook-signature'] ?? '').split(' ').some(given => {
    const one = Buffer.from(given)
    return one.length === expected.length && timingSafeEqual(one, expected)
  })
}

/** Answers that are safe, each once, and which of them were shown: a line of JSON for each, for ever appended. */
class Store {
  constructor (path) {
    this.known = new Set()
    this.waiting = [] // {id, case_id, sequence, message}, not shown yet
    this.busy = false
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole)) // the power went off while writing
    for (const line of whole.split('\n').filter(Boolean)) this.remember(JSON.parse(line))
    this.file = openSync(path, 'a')
  }

  remember (entry) {
    if ('shown' in entry) {
      this.waiting = this.waiting.filter(one => one.id !== entry.shown)
    } else {
      this.known.add(entry.id)
      this.waiting.push(entry)
    }
  }

  write (entry) {
    writeSync(this.file, JSON.stringify(entry) + '\n')
    fsyncSync(this.file)
    this.remember(entry)
  }

  /** On the disk when this returns. The same id again changes nothing: after a lost answer it comes again. */
  keep (id, body) {
    if (this.known.has(id)) return
    this.write({ id, case_id: body.object.case_id, sequence: body.sequence, message: body.object })
  }

  /**
   * Shows what was not shown yet, each case in its order. A number that is missing is not waited for.
   * The slow work, far from the desk, which waits 15 seconds for an answer and no longer.
   */
  async showAll () {
    if (this.busy) return // the round that runs sees what came meanwhile
    this.busy = true
    const stuck = new Set() // cases whose next message must not overtake; other cases go on
    for (let next; (next = this.next(stuck));) {
      try {
        await show(next.message)
        this.write({ shown: next.id })
      } catch (error) {
        console.error('Not shown yet:', error)
        stuck.add(next.case_id)
      }
    }
    this.busy = false
    if (stuck.size) setTimeout(() => this.showAll(), 60_000)
  }

  next (stuck) {
    const free = this.waiting.filter(one => !stuck.has(one.case_id))
    return free.sort((a, b) => a.case_id - b.case_id || a.sequence - b.sequence)[0]
  }
}

/** The bytes of the body; null if there are too many. */
async function read (request) {
  const parts = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size <= BIGGEST) parts.push(part)
  }
  return size <= BIGGEST ? Buffer.concat(parts) : null
}

/** The status to answer with. Never 410: it would switch the channel off. */
async function take (request, secret, store) {
  if (request.method !== 'POST') return 405
  const raw = await read(request)
  if (raw === null) return 413
  if (!isGenuine(secret, request.headers, raw)) return 401
  const body = JSON.parse(raw) // only now: the desk wrote it
  if (body.type === 'message_new') store.keep(request.headers['webhook-id'], body)
  return 204 // also to `test`, which nobody is shown, and to types that this program does not know yet
}

function serve () {
  const secret = process.env.SECRET
  if (!secret) throw new Error('SECRET is missing: whsec_…')
  const store = new Store(process.env.STORE ?? 'answers.jsonl')
  store.showAll() // what an earlier run did not get to
  const server = createServer(async (request, response) => {
    try {
      response.writeHead(await take(request, secret, store)).end()
      store.showAll()
    } catch (error) {
      console.error(error)
      if (!response.headersSent) response.writeHead(500)
      response.end()
    }
  })
  // Plain HTTP on this machine only: HTTPS is the work of the web server in front.
  server.listen(Number(process.env.PORT ?? 9000), '127.0.0.1', () => {
    console.log(`Waiting for answers on http://127.0.0.1:${server.address().port}/`)
  })
}

// Messages of customers

/** One of your customers wrote something. Tries for a minute; the desk takes the same `external_id` once. */
async function send (user, text) {
  const { DESK, CHANNEL, API_KEY } = process.env
  // If your messages have ids of their own, take these as external_id.
  const body = JSON.stringify({ user_custom_id: user, external_id: randomUUID(), content: text })
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }
  for (const pause of [1, 4, 15, 40, null]) {
    let problem
    try {
      const signal = AbortSignal.timeout(20_000)
      const answer = await fetch(`${DESK}/api/v1/custom_channels/${CHANNEL}/messages/`, { method: 'POST', headers, body, signal })
      if (answer.ok) return await answer.json()
      problem = new Error(`The desk answered ${answer.status}: ${await answer.text()}`)
      // What the desk refuses it refuses again; the reason stands in the body.
      if (answer.status < 500 && answer.status !== 429) throw Object.assign(problem, { final: true })
    } catch (error) {
      if (error.final) throw error
      problem = error
    }
    if (pause === null) throw problem
    await sleep(pause * 1000)
  }
}

if (process.argv.length === 4) {
  try {
    console.log(JSON.stringify(await send(...process.argv.slice(2))))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
} else {
  serve()
}
