// A small shop API that logs every request with one of five libraries: node app.cjs pino|winston|bunyan|log4js|morgan PORT
const [, , kind, port] = process.argv
const express = require("express")
const app = express()
const log = {
  pino: () => require("pino")({ level: "trace", name: "shop" }),
  winston: () => {
    const { createLogger, format, transports } = require("winston")
    return createLogger({ level: "silly", format: format.combine(format.timestamp(), format.errors({ stack: true }), format.json()), transports: [new transports.Console()] })
  },
  bunyan: () => require("bunyan").createLogger({ name: "shop", level: "trace" }),
  log4js: () => {
    require("log4js").configure({ appenders: { out: { type: "stdout", layout: { type: "basic" } } }, categories: { default: { appenders: ["out"], level: "trace" } } })
    return require("log4js").getLogger("shop.orders")
  },
  morgan: () => console,
}[kind]()
if (kind === "pino") app.use(require("pino-http")({ logger: log }))
if (kind === "morgan") app.use(require("morgan")(":remote-addr :method :url :status :res[content-length] - :response-time ms :user-agent"))
const users = ["anna", "bert", "chen", "dora", "emeka", "fatma", "guest"]
app.set("trust proxy", true)
app.use(express.json())
app.use((request, response, next) => {
  const began = process.hrtime.bigint()
  const user = users[Math.floor(Math.random() ** 2 * users.length)]
  const structured = kind !== "log4js" && kind !== "morgan"
  const say = (level, message, fields) => {
    if (kind === "winston") log.log(level === "fatal" ? "error" : level === "trace" ? "silly" : level, message, fields)
    else if (structured) log[level](fields, message)
    else log[level](message, ...Object.entries(fields).map(([key, value]) => `${key}=${value}`))
  }
  if (Math.random() < 0.3) say("debug", "cache lookup", { key: `page:${request.path}`, hit: Math.random() < 0.7 })
  if (Math.random() < 0.2) say("info", "query done", { sql: `select * from ${request.path.split("/")[1]} where id = ${Math.floor(Math.random() * 999)}`, rows: Math.floor(Math.random() * 40), user })
  if (Math.random() < 0.03) say("warn", "slow upstream", { upstream: "payments", retry: 1 + Math.floor(Math.random() * 3) })
  response.on("finish", () => say(response.statusCode >= 500 ? "error" : "info", "request completed", { method: request.method, url: request.url, status: response.statusCode, ip: request.ip, user, ms: Number(process.hrtime.bigint() - began) / 1e6 }))
  if (Math.random() < 0.03) return next(new Error(`cannot load ${request.path}: connection reset`))
  if (request.path.startsWith("/token")) return response.status(401).json({ error: "unauthorized" })
  if (/\d/.test(request.path)) return response.json({ path: request.path, user, items: [1, 2, 3] })
  if (Math.random() < 0.2) return response.status(404).json({ error: "not found" })
  response.json({ ok: true })
})
app.use((error, request, response, next) => {
  if (kind === "winston" || kind === "log4js" || kind === "morgan") log.error(error)
  else log.error({ err: error, url: request.url }, "unhandled error")
  response.status(500).json({ error: error.message })
})
app.listen(Number(port), "127.0.0.1", () => log.info(`listening on ${port}`))
