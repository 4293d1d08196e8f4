// Verifies with the public library what stands in a JSON list on the standard input:
// {secret, headers, body: base64} each. Prints a list of true (it verifies) or the name of the error.
const { Webhook } = require('standardwebhooks')

const verify = ({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(Buffer.from(body, 'base64'), headers, { jsonParse: false })
    return true
  } catch (error) {
    return error.name
  }
}

const parts = []
process.stdin.on('data', part => parts.push(part))
process.stdin.on('end', () => {
  console.log(JSON.stringify(JSON.parse(Buffer.concat(parts)).map(verify)))
})
