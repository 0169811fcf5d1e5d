#!/usr/bin/ruby
# redis-rb with its defaults: ruby_redis.rb HOST PORT VARIANT. Debian's speaks RESP 2 only.
require "json"
require "redis"
require "timeout"

HOST, PORT, VARIANT = ARGV
LIMIT = 3         # seconds; the longest blocking step waits one second
PATIENCE = 3      # steps without a reply, one after the other, before the client gives up
OPTIONS = { host: HOST, port: PORT.to_i }
OPTIONS.merge!(username: ENV["MATRIX_USER"], password: ENV["MATRIX_PASSWORD"]) if VARIANT == "auth"
OPTIONS.merge!(ssl: true, ssl_params: { ca_file: ENV["MATRIX_CA"] }) if VARIANT == "tls"
Redis.silence_deprecations = true
Redis.raise_deprecations = false
$stdout.sync = true
$silent = 0

# JSON has no bytes: what is not UTF-8 is shown in hexadecimal.
def printable(value)
  case value
  when String
    text = value.dup.force_encoding("UTF-8")
    text.valid_encoding? ? text : { hex: value.unpack1("H*") }
  when Array then value.map { |element| printable(element) }
  when Hash then value.map { |key, field| [key.to_s, printable(field)] }.sort_by(&:first).to_h
  when Float then value.finite? ? value : { number: value.to_s }
  when Exception then { error: value.message }
  when Symbol then value.to_s
  else value
  end
end

# Runs the block and prints what it returns or raises.
def step(name)
  begun = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  begin
    line = { step: name, reply: printable(Timeout.timeout(LIMIT) { yield }) }
    $silent = 0
  rescue StandardError => error
    $silent = Process.clock_gettime(Process::CLOCK_MONOTONIC) - begun > 2 ? $silent + 1 : 0      # a lost connection answers at once
    line = { step: name, error: "#{error.class}: #{printable(error.message).to_s.gsub("#{HOST}:#{PORT}", "HOST:PORT")}" }
  end
  puts JSON.generate(line)
  exit 1 if $silent == PATIENCE || (name == "connect" && line.key?(:error))
end

# Runs the block in 100 ms, when the main thread is blocked.
def later
  Thread.new do
    sleep 0.1
    begin
      yield
    rescue StandardError
      nil      # the step that waits for it tells
    end
  end
end

def typed_methods(client)
  step("typed hset") { client.hset("t:h", "a" => 1, "b" => "two") }
  step("typed hgetall") { client.hgetall("t:h") }
  step("typed zadd") { client.zadd("t:z", [[1.5, "a"], [2, "b"]]) }
  step("typed zrange") { client.zrange("t:z", 0, -1, with_scores: true) }
  step("typed set") { client.set("t:s", "v", ex: 100, nx: true) }
  step("typed mapped_mget") { client.mapped_mget("t:s", "t:none") }
  step("typed xadd") { client.xadd("t:x", { f: "v" }, id: "1-1") }
  step("typed xread") { client.xread("t:x", "0") }
  step("typed geopos") { client.geopos("geo", "Palermo") }
  step("typed config") { client.config(:get, "maxmemory-policy") }
  step("typed info") { client.info("replication")["role"] }
  step("typed scan_each") { client.scan_each(match: "t:*").to_a.sort }
  step("typed select") { [client.select(1), client.dbsize, client.select(0)] }
end

def pipelines_and_transactions(client, other)
  step("pipeline") { client.pipelined { |pipe| pipe.set("p", 1); pipe.incr("p"); pipe.get("p") } }
  step("pipeline with an error") { client.pipelined { |pipe| pipe.hget("p", "f"); pipe.get("p") } }
  step("pipeline of 500") { client.pipelined { |pipe| 500.times { |number| pipe.incrby("p", number) } }.values_at(0, -1) }
  step("transaction") { client.multi { |tx| tx.set("tx", 1); tx.incr("tx"); tx.get("tx"); tx.hgetall("t:h") } }
  step("transaction with an error") { client.multi { |tx| tx.set("tx", 1); tx.lpush("tx", "x") } }
  step("get after an error") { client.get("tx") }
  step("watch unchanged") { client.watch("tx") { client.multi { |tx| tx.incr("tx") } } }
  step("watch changed") { client.watch("tx") { other.set("tx", "changed"); client.multi { |tx| tx.set("tx", "lost") } } }
  step("get after watch") { client.get("tx") }
  step("unwatch") { [client.watch("tx"), client.unwatch] }
end

# Subscribes, has one message published, and leaves; what came, in its order.
def subscribed(client, other, method, leave, channels)
  came = []
  client.send(method, *channels) do |on|
    on.send(method) { |channel, count| came << [method, channel, count]; later { other.publish("news", "hello") } if came.size == channels.size }
    on.send(method == :subscribe ? :message : :pmessage) { |*message| came << message; client.send(leave) }
    on.send(leave) { |channel, count| came << [leave, channel, count] }
  end
  came.map(&:inspect).sort      # UNSUBSCRIBE leaves the channels in an order of Redis' own
end

def publish_and_subscribe(client, other)
  step("publish to none") { client.publish("news", "hello") }
  step("subscribe") { subscribed(client, other, :subscribe, :unsubscribe, %w[news]) }
  step("subscribe to two") { subscribed(client, other, :subscribe, :unsubscribe, %w[news other]).size }
  step("psubscribe") { subscribed(client, other, :psubscribe, :punsubscribe, %w[new*]) }
  step("get after unsubscribe") { client.get("tx") }
  step("pubsub channels") { client.pubsub(:channels) }
end

def blocking(client, other)
  step("rpush") { client.rpush("b", %w[one two]) }
  step("blpop at once") { client.blpop("none", "b", timeout: 1) }
  step("blmove") { client.blmove("b", "b2", "LEFT", "RIGHT", timeout: 1) }
  step("blpop woken") { later { other.rpush("b", "late") }; client.blpop("b", timeout: 2) }
  step("bzpopmin timeout") { client.bzpopmin("none", timeout: 1) }
  step("xread block woken") { later { other.xadd("b:x", { f: "v" }, id: "1-1") }; client.xread("b:x", "$", block: 2000) }
end

def scripts(client)
  text = "return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}"
  step("eval") { client.eval(text, ["e"], ["a"]) }
  step("evalsha") { client.evalsha(client.script(:load, text), ["e"], ["b"]) }
  step("evalsha unknown") { client.evalsha("0" * 40, ["e"]) }
  step("script exists") { client.script(:exists, "nosuch") }
  step("eval error") { client.eval("return redis.error_reply('ERR mine')") }
  step("eval false") { client.eval("return false") }
end

client = Redis.new(OPTIONS)
other = Redis.new(OPTIONS)
step("connect") { client.ping }
JSON.parse(File.read(File.join(__dir__, "steps.json"))).each { |each| step(each["name"]) { client.call(*each["command"]) } }
typed_methods(client)
pipelines_and_transactions(client, other)
publish_and_subscribe(client, other)
blocking(client, other)
scripts(client)
step("quit") { client.quit }
