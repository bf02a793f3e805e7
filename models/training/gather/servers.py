"""Run real servers on this machine under a small, bounded load and keep their logs, dumps and answers.

    python servers.py --out DIR --work DIR [--only nginx,postgres,...]

Everything listens on 127.0.0.1 and is stopped after its run; clients' addresses in the logs come from X-Forwarded-For or
from other addresses of 127.0.0.0/8. A server that is not installed is passed over. servers.sh installs what is needed.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

HERE = Path(__file__).parent
WORDS = (
    "account api article asset basket blog cart catalog category checkout comment customer dashboard download event export feed file "
    "group health help history image import inventory invoice item job label list login member message metric news notification order "
    "page payment photo plan post price product profile project query rating report review role search session setting shipment sku "
    "status stock store stream tag task team template ticket token topic upload user vendor video wallet webhook widget"
).split()
PROBES = "/.env /wp-login.php /admin.php /.git/config /xmlrpc.php /phpmyadmin/ /cgi-bin/test.cgi /robots.txt /favicon.ico /server-status /../../etc/passwd".split()
rng = random.Random(7)


def agents(out):
    listed = {m for path in out.glob("json/npm-*user-agents*/*") for m in re.findall(r'"(Mozilla/5\.0[^"\\]{20,200})"', path.read_text())}
    return sorted(listed) + ["curl/8.5.0", "python-requests/2.31.0", "Go-http-client/2.0", "kube-probe/1.29", "okhttp/4.12.0", "Googlebot/2.1 (+http://www.google.com/bot.html)"]


def path():
    if rng.random() < 0.06:
        return rng.choice(PROBES)
    made = "/" + "/".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 4)))
    if rng.random() < 0.4:
        made += f"/{rng.randrange(20000)}"
    if rng.random() < 0.35:
        made += f"?{rng.choice(['q', 'id', 'page', 'sort', 'utm_source', 'filter'])}={rng.choice(WORDS)}{rng.randrange(90)}"
    return made if rng.random() < 0.8 else rng.choice(["/", "/index.html", "/static/app.js", "/static/site.css", "/api/v1/items", "/login"])


class Bench:
    """Folders, processes and clients of the runs."""

    def __init__(self, out, work):
        self.out, self.work, self.running, self.notes = out, work, [], {}
        self.agents = agents(out)
        self.ips = [".".join(str(rng.randrange(1, 250)) for _ in range(4)) for _ in range(700)]

    def folder(self, name):
        target = self.work / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        target.chmod(0o777)
        return target

    def start(self, command, log=None, port=None, wait=25, **options):
        file = open(log, "ab") if log else subprocess.DEVNULL
        process = subprocess.Popen([str(c) for c in command], stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.running.append(process)
        end = time.time() + wait
        while port and time.time() < end and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 0.5).close()
                return process
            except OSError:
                time.sleep(0.3)
        return process

    def stop(self):
        for process in reversed(self.running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self.running = []

    def browse(self, port, count, headers=None, post=0.15):
        """HTTP requests from four clients in turn; every answer is read and thrown away."""

        def client(seed):
            mine = random.Random(seed)
            for _ in range(count // 40):
                link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                ip, agent = mine.choice(self.ips[: 20 + seed % 680]), mine.choice(self.agents)
                try:
                    for _ in range(mine.randrange(1, 20)):
                        sent = {"User-Agent": agent, "X-Forwarded-For": ip, "Host": mine.choice(["shop.example.com", "www.example.org", "api.example.net"]), **(headers or {})}
                        if mine.random() < 0.4:
                            sent["Referer"] = "https://www.example.org" + path()
                        if mine.random() < 0.08:
                            sent["Authorization"] = "Basic YWxpY2U6d3Jvbmc="
                        method = "POST" if mine.random() < post else mine.choice(["GET"] * 12 + ["HEAD", "OPTIONS", "PUT", "DELETE"])
                        link.request(method, path(), body=json.dumps({"id": mine.randrange(999)}) if method in ("POST", "PUT") else None, headers=sent)
                        link.getresponse().read()
                except (OSError, http.client.HTTPException):
                    pass
                link.close()

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(client, range(count, count + 4)))

    def keep(self, name, *files, group="logs", limit=1_500_000):
        for file in files:
            file = Path(file)
            if not file.is_file() or file.stat().st_size < 400:
                continue
            data = file.read_bytes()[:limit].replace(b"\0", b"")
            data = data.decode("utf-8", "replace").replace(str(self.work), "/srv").encode()
            target = self.out / group / f"server-{name}"
            target.mkdir(parents=True, exist_ok=True)
            (target / file.name).write_bytes(data)
            sizes = self.notes.setdefault(name, {})
            sizes[group] = sizes.get(group, 0) + len(data)

    def output(self, file, *command, **options):
        with open(file, "ab") as to:
            subprocess.run([str(c) for c in command], stdout=to, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=120, **options)


def site(folder):
    """A few static files to serve."""
    (folder / "static").mkdir(exist_ok=True)
    for name in ("index.html", "static/app.js", "static/site.css", "robots.txt"):
        (folder / name).write_text(f"<html><body>{name}</body></html>\n" * rng.randrange(1, 200))
    for word in WORDS[:40]:
        (folder / word).mkdir(exist_ok=True)
        (folder / word / "index.html").write_text("x" * rng.randrange(100, 9000))
    for entry in [folder, *folder.rglob("*")]:
        entry.chmod(0o755 if entry.is_dir() else 0o644)


NGINX = r"""
daemon off; worker_processes 2; pid D/nginx.pid; error_log D/error.log info; user www-data;
events { worker_connections 256; }
http {
  log_format json escape=json '{"time":"$time_iso8601","remote_addr":"$remote_addr","request_id":"$request_id","method":"$request_method","host":"$host","uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,"rt":$request_time,"ua":"$http_user_agent","referer":"$http_referer"}';
  log_format timed '$remote_addr [$time_local] "$request" $status $bytes_sent rt=$request_time uct="$upstream_connect_time" urt="$upstream_response_time" ua="$upstream_addr" us="$upstream_status" cs=$upstream_cache_status';
  log_format kv 'ts=$msec client=$remote_addr host=$host method=$request_method path="$request_uri" status=$status size=$body_bytes_sent dur=$request_time conn=$connection/$connection_requests';
  set_real_ip_from 127.0.0.0/8; real_ip_header X-Forwarded-For;
  client_body_temp_path D/body; proxy_temp_path D/proxy; fastcgi_temp_path D/f; uwsgi_temp_path D/u; scgi_temp_path D/s;
  limit_req_zone $binary_remote_addr zone=a:1m rate=40r/s;
  access_log D/access-combined.log combined; access_log D/access-json.log json; access_log D/access-timed.log timed; access_log D/access-kv.log kv;
  server { listen 127.0.0.1:18080; root D; index index.html;
    location /search { limit_req zone=a burst=5 nodelay; try_files $uri =404; }
    location /api { proxy_pass http://127.0.0.1:18999; proxy_connect_timeout 1s; }
    location /payment { return 302 /login; } location /admin { deny all; } location /token { auth_basic "staff"; auth_basic_user_file D/none; }
    location /query { error_log D/error-debug.log debug; }
  }
}
"""


def nginx(bench, d):
    site(d)
    (d / "nginx.conf").write_text(NGINX.replace("D/", f"{d}/").replace("root D;", f"root {d};"))
    bench.start(["nginx", "-c", d / "nginx.conf"], d / "start.log", 18080)
    bench.browse(18080, 8000)
    bench.stop()
    bench.keep("nginx", *d.glob("*.log"))


def apache(bench, d):
    site(d)
    modules = "mpm_event authz_core authz_host authn_core authn_file auth_basic authz_user log_config dir mime alias rewrite remoteip status proxy proxy_http autoindex headers logio unixd".split()
    loads = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in modules if Path(f"/usr/lib/apache2/modules/mod_{m}.so").exists())
    (d / "httpd.conf").write_text(
        f"""ServerRoot {d}
{loads}ServerName www.example.org
Listen 127.0.0.1:18081
PidFile {d}/pid
User www-data
Group www-data
DocumentRoot {d}
TypesConfig /etc/mime.types
LogLevel info rewrite:trace3 proxy:debug authz_core:debug
ErrorLog {d}/error.log
RemoteIPHeader X-Forwarded-For
LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
LogFormat "%v:%p %a %l %u %t \\"%r\\" %>s %O %D %X %I" vhost
CustomLog {d}/access-combined.log combined
CustomLog {d}/access-vhost.log vhost
CustomLog {d}/other-common.log "%a - %u %t \\"%r\\" %>s %b"
<Directory {d}>
Options +Indexes
Require all granted
</Directory>
RewriteEngine on
RewriteRule ^/order/(.*)$ /index.html?o=$1 [L]
RewriteRule ^/old/(.*)$ /$1 [R=301]
ProxyPass /api http://127.0.0.1:18999/
<Location /admin>
Require ip 10.1.2.3
</Location>
<Location /token>
AuthType Basic
AuthName staff
AuthUserFile {d}/none
Require valid-user
</Location>
"""
    )
    bench.start(["apache2", "-DFOREGROUND", "-f", d / "httpd.conf"], d / "start.log", 18081)
    bench.browse(18081, 6000)
    bench.stop()
    bench.keep("apache", *d.glob("*.log"))


def lighttpd(bench, d):
    site(d)
    (d / "l.conf").write_text(
        f'server.document-root = "{d}"\nserver.port = 18082\nserver.bind = "127.0.0.1"\nserver.errorlog = "{d}/error.log"\nserver.modules = ("mod_accesslog", "mod_extforward", "mod_status")\n'
        f'index-file.names = ("index.html")\nextforward.forwarder = ("all" => "trust")\naccesslog.filename = "{d}/access.log"\ndebug.log-request-handling = "enable"\ndebug.log-file-not-found = "enable"\n'
    )
    bench.start(["lighttpd", "-D", "-f", d / "l.conf"], d / "start.log", 18082)
    bench.browse(18082, 3000)
    bench.stop()
    bench.keep("lighttpd", *d.glob("*.log"))


def caddy(bench, d):
    site(d)
    (d / "Caddyfile").write_text(
        f"{{\n admin off\n auto_https off\n debug\n}}\nhttp://:18083 {{\n bind 127.0.0.1\n root * {d}\n log {{\n output file {d}/access.json.log\n }}\n reverse_proxy /api/* 127.0.0.1:18999\n file_server browse\n}}\n"
    )
    env = {**os.environ, "HOME": str(d)}
    bench.start(["caddy", "run", "--config", d / "Caddyfile", "--adapter", "caddyfile"], d / "caddy.log", 18083, env=env)
    bench.browse(18083, 2500)
    bench.stop()
    bench.keep("caddy", *d.glob("*.log"))


def haproxy(bench, d):
    site(d)
    bench.start(["python3", "-m", "http.server", "18085", "--bind", "127.0.0.1", "-d", d], d / "python-http-server.log", 18085)
    for name, form, kind in (("raw", "raw", "option httplog"), ("rfc5424", "rfc5424", "option httplog"), ("tcp", "rfc3164", "option tcplog"), ("timed", "timed", 'log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %{+Q}r"')):
        mode = "tcp" if name == "tcp" else "http"
        forward = "option forwardfor" if mode == "http" else ""
        (d / f"{name}.cfg").write_text(
            f"global\n log stdout format {form} daemon debug\ndefaults\n mode {mode}\n log global\n {kind}\n {forward}\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n"
            f"frontend web-in\n bind 127.0.0.1:18084\n default_backend app\nbackend app\n balance roundrobin\n server app1 127.0.0.1:18085 check inter 1s\n server app2 127.0.0.1:18086 check inter 1s\n"
        )
        process = bench.start(["haproxy", "-db", "-f", d / f"{name}.cfg"], d / f"haproxy-{name}.log", 18084)
        bench.browse(18084, 900)
        process.terminate()
        process.wait()
    bench.stop()
    bench.keep("haproxy", *d.glob("haproxy*.log"))
    bench.keep("python-http", d / "python-http-server.log")


def varnish(bench, d):
    site(d)
    bench.start(["python3", "-m", "http.server", "18085", "--bind", "127.0.0.1", "-d", d], None, 18085)
    bench.start(["varnishd", "-F", "-a", "127.0.0.1:18087", "-b", "127.0.0.1:18085", "-n", d / "v", "-s", "malloc,16m"], d / "varnishd.log", 18087)
    bench.start(["varnishlog", "-n", d / "v"], d / "varnishlog.log")
    bench.start(["varnishncsa", "-n", d / "v"], d / "varnishncsa.log")
    time.sleep(1)
    bench.browse(18087, 1500)
    bench.stop()
    bench.keep("varnish", *d.glob("*.log"))


def squid(bench, d):
    site(d)
    d.chmod(0o777)  # squid runs as its own user
    bench.start(["python3", "-m", "http.server", "18085", "--bind", "127.0.0.1", "-d", d], None, 18085)
    (d / "squid.conf").write_text(
        f"http_port 127.0.0.1:18088 accel defaultsite=shop.example.com\ncache_peer 127.0.0.1 parent 18085 0 no-query originserver\nhttp_access allow all\nfollow_x_forwarded_for allow all\nlog_uses_indirect_client on\n"
        f"access_log stdio:{d}/access.log squid\naccess_log stdio:{d}/combined.log combined\ncache_log {d}/cache.log\ndebug_options ALL,1 33,2 11,2\ncache_store_log stdio:{d}/store.log\npid_filename {d}/pid\ncoredump_dir {d}\ncache_mem 8 MB\nshutdown_lifetime 1 seconds\n"
    )
    bench.start(["squid", "-N", "-f", d / "squid.conf"], d / "start.log", 18088)
    bench.browse(18088, 2500)
    bench.stop()
    bench.keep("squid", *d.glob("*.log"))


def redis(bench, d):
    for port, extra in ((18090, []), (18091, ["--replicaof", "127.0.0.1 18090"])):
        folder = d / str(port)
        folder.mkdir()
        bench.start(["redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", folder, "--loglevel", "debug" if port == 18090 else "verbose", "--save", "2 10", "--appendonly", "yes", "--hz", "100", "--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru", *extra], d / f"redis-{port}.log", port)
    bench.start(["redis-cli", "-p", "18090", "monitor"], d / "monitor.log")
    time.sleep(0.5)
    commands = []
    for _ in range(9000):
        key = f"{rng.choice(['session', 'user', 'cart', 'rate', 'job', 'lock'])}:{rng.choice(WORDS)}:{rng.randrange(900)}"
        commands.append(rng.choice([f"SET {key} {rng.getrandbits(60):x} EX {rng.randrange(1, 3600)}", f"GET {key}", f"HSET {key}:h name {rng.choice(WORDS)} qty {rng.randrange(9)} ts {1700000000 + rng.randrange(10**7)}", f"INCRBY {key}:n {rng.randrange(20)}", f"LPUSH queue:{rng.choice(WORDS[:5])} {rng.randrange(10**6)}", f"ZADD board {rng.randrange(10**4)} {rng.choice(WORDS)}", f"DEL {key}", f"EXPIRE {key} 60"]))
    subprocess.run(["redis-cli", "-p", "18090"], input="\n".join(commands + ["BGSAVE", "BGREWRITEAOF"]), text=True, stdout=subprocess.DEVNULL)
    time.sleep(3)
    for what in ("info all", "slowlog get", "config get *", "client list", "command docs get set hset"):
        bench.output(d / "info.txt", "redis-cli", "-p", "18090", *what.split())
    bench.stop()
    bench.keep("redis", *d.glob("*.log"))
    bench.keep("redis", d / "info.txt", group="config")


def shop_sql(rows):
    """A small shop in SQL that PostgreSQL and MariaDB both read, with values of many kinds."""
    names = [w.capitalize() for w in WORDS]
    sql = [
        "CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(80), email VARCHAR(120), country CHAR(2), created_at TIMESTAMP, credit DECIMAL(10,2), active BOOLEAN);",
        "CREATE TABLE orders (id INT PRIMARY KEY, customer_id INT REFERENCES customers(id), status VARCHAR(20), total DECIMAL(10,2), placed DATE, note TEXT);",
        "CREATE TABLE readings (sensor INT, at TIMESTAMP, celsius DOUBLE PRECISION, humidity REAL, battery SMALLINT);",
        "CREATE INDEX orders_customer ON orders (customer_id);",
    ]
    stamp = lambda n: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(1_690_000_000 + n))
    for i in range(rows):
        name = f"{rng.choice(names)} {rng.choice(names)}"
        sql.append(f"INSERT INTO customers VALUES ({i}, '{name}', '{name.lower().replace(' ', '.')}{i}@example.com', '{rng.choice(['DE', 'FR', 'US', 'JP', 'BR', 'IN'])}', '{stamp(i * 977)}', {rng.lognormvariate(4, 1):.2f}, {rng.choice(['TRUE', 'FALSE'])});")
        sql.append(f"INSERT INTO orders VALUES ({i}, {rng.randrange(i + 1)}, '{rng.choice(['new', 'paid', 'shipped', 'returned', 'cancelled'])}', {rng.lognormvariate(4, 1):.2f}, '{stamp(i * 1013)[:10]}', {rng.choice(['NULL', repr(' '.join(rng.choices(WORDS, k=rng.randrange(2, 12))))])});")
        sql.append(f"INSERT INTO readings VALUES ({i % 13}, '{stamp(i * 61)}', {rng.gauss(20, 4):.4f}, {rng.uniform(20, 90):.1f}, {100 - i * 100 // rows});")
    return sql


def questions(count):
    wrong = ["SELECT * FROM nowhere;", "SELEC 1;", "INSERT INTO customers VALUES (1, 'x', 'x', 'DE', NULL, 0, TRUE);", "SELECT 1/0;", "UPDATE orders SET total = 'abc' WHERE id = 1;", "SELECT nofield FROM orders;"]
    for _ in range(count):
        i = rng.randrange(900)
        yield rng.choice(
            [
                f"SELECT * FROM customers WHERE id = {i};", f"SELECT o.id, c.name, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.country = 'DE' ORDER BY o.total DESC LIMIT {i % 20 + 1};",
                f"UPDATE orders SET status = 'shipped' WHERE id = {i};", f"SELECT sensor, avg(celsius), max(humidity) FROM readings WHERE battery > {i % 90} GROUP BY sensor;",
                f"DELETE FROM readings WHERE sensor = 3 AND battery = {i % 100};", f"SELECT count(*) FROM orders WHERE placed > '2023-0{i % 9 + 1}-01' AND note LIKE '%{rng.choice(WORDS)}%';", rng.choice(wrong),
            ]  # fmt: skip
        )


def postgres(bench, d):
    binary = max(Path("/usr/lib/postgresql").glob("*/bin"))
    shutil.chown(d, "postgres")
    as_user = ["runuser", "-u", "postgres", "--"]
    bench.output(d / "initdb.log", *as_user, binary / "initdb", "-D", d / "data", "-A", "trust", "-E", "UTF8")
    settings = {
        "listen_addresses": "127.0.0.1", "port": 18092, "unix_socket_directories": d, "logging_collector": "on", "log_directory": d, "log_filename": "postgresql.log", "log_destination": "stderr,csvlog,jsonlog",
        "log_min_duration_statement": 2, "log_statement": "mod", "log_connections": "on", "log_disconnections": "on", "log_checkpoints": "on", "log_lock_waits": "on", "log_temp_files": 0, "log_autovacuum_min_duration": 0,
        "log_line_prefix": "%m [%p] %q%u@%d %r %a ", "log_file_mode": "0644", "checkpoint_timeout": "30s", "log_duration": "on", "log_error_verbosity": "verbose", "autovacuum_naptime": 3, "fsync": "off",
    }  # fmt: skip
    bench.start([*as_user, binary / "postgres", "-D", d / "data", *[f"-c{k}={v}" for k, v in settings.items()]], d / "start.log", 18092)
    psql = ["psql", "-h", "127.0.0.1", "-p", "18092", "-U", "postgres"]
    subprocess.run([*psql, "-q"], input="\n".join(shop_sql(1500)), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for n in range(25):
        subprocess.run([*psql, "-q", "-d", rng.choice(["postgres"] * 5 + ["shop"]), "-U", rng.choice(["postgres"] * 6 + ["app"])], input="\n".join(questions(60)), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    bench.output(d / "plans.txt", *psql, "-c", "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM orders JOIN customers USING (id)", "-c", "SELECT * FROM pg_settings", "-c", "EXPLAIN ANALYZE SELECT * FROM readings ORDER BY celsius")
    bench.output(d / "pg_dump.sql", "pg_dump", *psql[1:])
    bench.output(d / "pg_dump-inserts.sql", "pg_dump", "--inserts", *psql[1:])
    for name in ("customers", "orders", "readings", "pg_settings", "pg_stat_activity", "pg_proc"):
        bench.output(d / f"{name}.csv", *psql, "-c", f"COPY (SELECT * FROM {name}) TO STDOUT WITH CSV HEADER")
    bench.output(d / "orders.ndjson", *psql, "-At", "-c", "SELECT row_to_json(o) FROM orders o")
    bench.output(d / "tables.ndjson", *psql, "-At", "-c", "SELECT row_to_json(c) FROM pg_attribute c")
    bench.stop()
    subprocess.run(["chmod", "-R", "a+rX", d])
    (d / "postgresql.csv").rename(d / "postgresql-csv.log") if (d / "postgresql.csv").exists() else None
    (d / "postgresql.json").rename(d / "postgresql-json.log") if (d / "postgresql.json").exists() else None
    bench.keep("postgres", *d.glob("*.log"))
    bench.keep("postgres", *d.glob("*.sql"), group="sql-xml")
    bench.keep("postgres", *d.glob("*.csv"), group="csv")
    bench.keep("postgres", *d.glob("*.ndjson"), group="records")


def mariadb(bench, d):
    shutil.chown(d, "mysql")
    bench.output(d / "install.log", "mariadb-install-db", "--user=mysql", f"--datadir={d}/data", "--skip-test-db")
    bench.start(["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={d}/data", f"--socket={d}/s", "--port=18093", "--bind-address=127.0.0.1", f"--pid-file={d}/pid", "--general-log", f"--general-log-file={d}/general.log", "--slow-query-log", f"--slow-query-log-file={d}/slow.log", "--long-query-time=0.001", "--log-slow-verbosity=query_plan,explain", "--log-warnings=9", f"--log-error={d}/error.log"], d / "start.log", 18093)
    client = ["mariadb", f"--socket={d}/s", "-u", "root"]
    subprocess.run([*client, "-e", "CREATE DATABASE shop"])
    subprocess.run([*client, "shop", "-f"], input="\n".join(shop_sql(1000)), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(15):
        subprocess.run([*client, "shop", "-f"], input="\n".join(questions(60)), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["mariadb", "-h", "127.0.0.1", "-P", "18093", "-u", rng.choice(["app", "report", "backup"]), "-pwrong"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    bench.output(d / "dump.sql", "mariadb-dump", f"--socket={d}/s", "-u", "root", "shop")
    bench.output(d / "dump-rows.sql", "mariadb-dump", "--skip-extended-insert", "--complete-insert", f"--socket={d}/s", "-u", "root", "shop")
    bench.output(d / "orders.xml", *client, "shop", "--xml", "-e", "SELECT * FROM orders LIMIT 800")
    bench.output(d / "customers.tsv", *client, "shop", "-B", "-e", "SELECT * FROM customers")
    bench.output(d / "status.txt", *client, "-t", "-e", "SHOW GLOBAL STATUS; SHOW GLOBAL VARIABLES; SHOW ENGINE INNODB STATUS\\G")
    bench.stop()
    subprocess.run(["chmod", "-R", "a+rX", d])
    bench.keep("mariadb", *d.glob("*.log"), d / "status.txt")
    bench.keep("mariadb", *d.glob("*.sql"), *d.glob("*.xml"), group="sql-xml")
    bench.keep("mariadb", *d.glob("*.tsv"), group="csv")


def ask(port, count):
    """DNS questions over UDP."""
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    link.settimeout(0.05)
    for _ in range(count):
        name = f"{rng.choice(['www', 'api', 'cdn', 'mail', 'db01', 'img'])}.{rng.choice(WORDS)}.{rng.choice(['lan', 'example', 'internal', 'test'])}"
        packed = b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0"
        link.sendto(struct.pack(">HHHHHH", rng.randrange(65536), 0x100, 1, 0, 0, 0) + packed + struct.pack(">HH", rng.choice([1, 28, 15, 12, 16]), 1), ("127.0.0.1", port))
        try:
            link.recv(2048)
        except OSError:
            pass
    link.close()


def dns(bench, d):
    # No resolver may ask beyond this machine: all forward to a closed port here.
    local = "".join(f"address=/{w}.lan/10.0.{i}.7\n" for i, w in enumerate(WORDS[:50]))
    (d / "dnsmasq.conf").write_text(f"port=18053\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nserver=127.0.0.1#18999\nlog-queries=extra\nlog-facility={d}/dnsmasq.log\nuser=root\n{local}")
    bench.start(["dnsmasq", "-k", "-C", d / "dnsmasq.conf"], d / "start.log", 18053)
    (d / "unbound.conf").write_text(
        f'server:\n directory: "{d}"\n interface: 127.0.0.1@18054\n verbosity: 3\n log-queries: yes\n log-replies: yes\n use-syslog: no\n logfile: "{d}/unbound.log"\n do-not-query-localhost: no\n module-config: "iterator"\n chroot: ""\n username: ""\n pidfile: "{d}/u.pid"\n'
        + "".join(f' local-data: "www.{w}.example. A 10.1.{i}.9"\n' for i, w in enumerate(WORDS[:50])) + 'forward-zone:\n name: "."\n forward-addr: 127.0.0.1@18999\nremote-control:\n control-enable: no\n'
    )
    bench.start(["unbound", "-d", "-c", d / "unbound.conf"], d / "start.log", 18054)
    zone = "$TTL 300\n@ IN SOA ns hostmaster 2024010101 3600 600 86400 300\n@ IN NS ns\nns IN A 10.9.9.9\n" + "".join(f"{w} IN A 10.2.0.{i}\nwww.{w} IN CNAME {w}\n" for i, w in enumerate(WORDS[:60]))
    (d / "internal.zone").write_text(zone)
    (d / "named.conf").write_text(
        f'options {{ directory "{d}"; listen-on port 18055 {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no; notify no; pid-file "{d}/n.pid"; session-keyfile "{d}/k"; }};\n'
        f'logging {{ channel q {{ file "{d}/named-query.log"; print-time yes; print-category yes; print-severity yes; severity debug 3; }}; category default {{ q; }}; category queries {{ q; }}; category query-errors {{ q; }}; }};\nzone "internal" {{ type master; file "{d}/internal.zone"; }};\ncontrols {{ }};\n'
    )
    bench.start(["named", "-g", "-c", d / "named.conf"], d / "named.log", 18055)
    for port in (18053, 18054, 18055):
        ask(port, 900)
    bench.stop()
    for name in ("dnsmasq", "unbound", "named"):
        bench.keep(name, *d.glob(name + "*.log"))
    bench.keep("named", d / "internal.zone", d / "named.conf", group="config")


def mosquitto(bench, d):
    (d / "m.conf").write_text("listener 18183 127.0.0.1\nallow_anonymous true\nlog_type all\nlog_timestamp_format %Y-%m-%dT%H:%M:%S\n")
    bench.start(["mosquitto", "-v", "-c", d / "m.conf"], d / "mosquitto.log", 18183)
    bench.start(["mosquitto_sub", "-p", "18183", "-v", "-t", "#"], d / "messages.log")
    bench.start(["mosquitto_sub", "-p", "18183", "-t", "sensors/+/temperature", "-q", "1", "-i", "dashboard"], None)
    for i in range(400):
        topic = f"{rng.choice(['sensors', 'home', 'plant', 'fleet'])}/{rng.choice(WORDS)}-{rng.randrange(12)}/{rng.choice(['temperature', 'state', 'power', 'gps'])}"
        payload = rng.choice([f"{rng.gauss(21, 3):.2f}", json.dumps({"t": round(rng.gauss(21, 3), 2), "h": rng.randrange(30, 80), "bat": rng.randrange(100)}), rng.choice(["ON", "OFF", "online", "offline"])])
        subprocess.run(["mosquitto_pub", "-p", "18183", "-t", topic, "-m", payload, "-q", str(i % 3), *(["-i", f"dev-{i % 40:04d}"] if i % 2 else []), *(["-r"] if i % 7 == 0 else [])])
    bench.stop()
    bench.keep("mosquitto", d / "mosquitto.log", d / "messages.log")


def memcached(bench, d):
    bench.start(["memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "18094", "-vv"], d / "memcached.log", 18094)
    for _ in range(30):
        link = socket.create_connection(("127.0.0.1", 18094))
        for _ in range(60):
            key = f"{rng.choice(WORDS)}:{rng.randrange(200)}"
            value = rng.choice(WORDS) * rng.randrange(1, 5)
            link.sendall(rng.choice([f"set {key} 0 {rng.randrange(600)} {len(value)}\r\n{value}\r\n", f"get {key}\r\n", f"delete {key}\r\n", f"incr {key} 1\r\n", "stats\r\n" if rng.random() < 0.1 else f"get {key} {key}2\r\n"]).encode())
            link.recv(65536)
        link.close()
    bench.stop()
    bench.keep("memcached", d / "memcached.log")


def sshd(bench, d):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d / "host"])
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", d / "user"])
    os.makedirs("/run/sshd", exist_ok=True)
    keys = d / "authorized_keys"
    shutil.copy(d / "user.pub", keys)
    for level in ("INFO", "VERBOSE", "DEBUG2"):
        process = bench.start(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-p", "18022", "-o", "ListenAddress=127.0.0.1", "-h", d / "host", "-o", f"LogLevel={level}", "-o", f"AuthorizedKeysFile={keys}", "-o", "StrictModes=no", "-o", f"PidFile={d}/pid", "-o", "PermitRootLogin=yes", "-o", "PasswordAuthentication=no"], d / f"sshd-{level.lower()}.log", 18022)
        for _ in range(40 if level != "DEBUG2" else 12):
            user = rng.choice(["root", "root", "admin", "oracle", "ubuntu", "git", "deploy", "postgres", "test", "pi", "guest"] + WORDS[:20])
            subprocess.run(["ssh", "-p", "18022", "-b", f"127.0.{rng.randrange(250)}.{rng.randrange(1, 250)}", "-i", d / "user", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=4", f"{user}@127.0.0.1", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        process.terminate()
        process.wait()
    bench.stop()
    bench.keep("sshd", *d.glob("*.log"))


def rsyslog(bench, d):
    (d / "r.conf").write_text(
        f'module(load="imudp")\ninput(type="imudp" address="127.0.0.1" port="18514")\ntemplate(name="json" type="list" option.jsonf="on") {{ property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf") property(outname="host" name="hostname" format="jsonf") property(outname="severity" name="syslogseverity-text" format="jsonf") property(outname="facility" name="syslogfacility-text" format="jsonf") property(outname="tag" name="syslogtag" format="jsonf") property(outname="message" name="msg" format="jsonf") }}\n'
        f'*.* action(type="omfile" file="{d}/traditional.log" template="RSYSLOG_TraditionalFileFormat")\n*.* action(type="omfile" file="{d}/rfc5424.log" template="RSYSLOG_SyslogProtocol23Format")\n*.* action(type="omfile" file="{d}/file.log" template="RSYSLOG_FileFormat")\n*.* action(type="omfile" file="{d}/json.log" template="json")\n*.warn action(type="omfile" file="{d}/debug.log" template="RSYSLOG_DebugFormat")\n'
    )
    bench.start(["rsyslogd", "-n", "-f", d / "r.conf", "-i", d / "pid"], d / "start.log")
    time.sleep(2)
    said = [
        ("sudo", "{u} : TTY=pts/{n} ; PWD=/home/{u} ; USER=root ; COMMAND=/usr/bin/systemctl restart {w}.service"), ("CRON", "({u}) CMD (/usr/local/bin/{w}.sh --quiet >> /var/log/{w}.log 2>&1)"), ("systemd", "Started {w}.service - {W} daemon."),
        ("systemd", "{w}.service: Main process exited, code=exited, status={n}/FAILURE"), ("systemd", "{w}.service: Scheduled restart job, restart counter is at {n}."), ("systemd-logind", "New session {n} of user {u}."), ("kernel", "[{t}] eth0: link up, 1000 Mbps, full duplex"),
        ("kernel", "[{t}] {w} invoked oom-killer: gfp_mask=0x{x}(GFP_KERNEL), order=0, oom_score_adj={n}"), ("kernel", "[{t}] audit: type=1400 apparmor=\"DENIED\" operation=\"open\" profile=\"{w}\" name=\"/proc/{n}/stat\" pid={n} comm=\"{w}\""), ("dhclient", "DHCPACK of {i} from 10.0.0.1"),
        ("postfix/smtpd", "connect from unknown[{i}]"), ("postfix/qmgr", "{x}: from=<{u}@example.com>, size={n}, nrcpt=1 (queue active)"), ("postfix/smtp", "{x}: to=<{w}@example.org>, relay=mx.example.org[{i}]:25, delay={n}.2, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as {x})"),
        ("dovecot", "imap-login: Login: user=<{u}>, method=PLAIN, rip={i}, lip=10.0.0.2, mpid={n}, TLS, session=<{x}>"), ("named", "client @0x{x} {i}#{n} ({w}.example): query: {w}.example IN A +E(0)K (10.0.0.3)"), ("nagios", "SERVICE ALERT: {w}01;HTTP;CRITICAL;HARD;{n};connect to address {i}: Connection refused"),
        ("dockerd", "time=\"2024-05-01T10:00:00Z\" level=info msg=\"ignoring event\" container={x}{x} module=libcontainerd"), ("kubelet", "E0501 10:11:12.000000 {n} pod_workers.go:{n}] \"Error syncing pod, skipping\" pod=\"default/{w}-{x}\" podUID={x}"), ("snapd", "storehelpers.go:{n}: cannot refresh snap \"{w}\": snap has no updates available"), ("ntpd", "adjusting local clock by {t}s"),
        ("smartd", "Device: /dev/sd{d} [SAT], SMART Usage Attribute: 194 Temperature_Celsius changed from {n} to {n}"), ("iptables", "IN=eth0 OUT= MAC={x} SRC={i} DST=10.0.0.2 LEN={n} TOS=0x00 PREC=0x00 TTL=52 ID={n} DF PROTO=TCP SPT={n} DPT=22 WINDOW=64240 RES=0x00 SYN URGP=0"),
    ]  # fmt: skip
    link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    now = time.time() - 86400 * 20
    hosts = [f"{rng.choice(['web', 'db', 'mail', 'gw', 'node'])}{n:02d}" for n in range(8)]
    for _ in range(6000):
        now += rng.expovariate(1 / 40)
        tag, text = rng.choice(said)
        word = rng.choice(WORDS)
        text = re.sub(r"\{(\w)\}", lambda m: {"u": rng.choice(["root", "deploy", "anna", "backup", "www-data"]), "w": word, "W": word.capitalize(), "n": str(rng.randrange(1, 9999)), "t": f"{rng.uniform(0, 99999):.6f}", "x": f"{rng.getrandbits(40):X}", "i": rng.choice(bench.ips), "d": rng.choice("abcd")}[m[1]], text)
        pid = "" if tag == "kernel" else f"[{rng.randrange(300, 40000)}]"
        link.sendto(f"<{rng.randrange(24) * 8 + rng.choice([2, 3, 4, 5, 6, 6, 6])}>{time.strftime('%b %e %H:%M:%S', time.gmtime(now))} {rng.choice(hosts)} {tag}{pid}: {text}".encode(), ("127.0.0.1", 18514))
        if rng.random() < 0.05:
            time.sleep(0.005)
    time.sleep(2)
    bench.stop()
    bench.keep("rsyslog", *d.glob("*.log"), limit=500_000)


def node(bench, d):
    """express with five log libraries; app.cjs beside this file. NODE_PATH says where they are installed."""
    for kind in ("pino", "winston", "bunyan", "log4js", "morgan"):
        process = bench.start(["node", HERE / "app.cjs", kind, "18095"], d / f"{kind}.log", 18095, env={**os.environ, "DEBUG": "express:*" if kind == "morgan" else ""})
        bench.browse(18095, 1500)
        process.terminate()
        process.wait()
    bench.stop()
    for kind in ("pino", "winston", "bunyan", "log4js", "morgan"):
        bench.keep(f"node-{kind}", d / f"{kind}.log")


def python_apps(bench, d):
    """uvicorn and gunicorn with loguru, structlog and the standard library's logging; app.py beside this file."""
    commands = {
        "uvicorn": ["python3", "-m", "uvicorn", "app:asgi", "--port", "18096", "--log-level", "trace", "--no-use-colors"],
        "gunicorn": ["python3", "-m", "gunicorn", "app:wsgi", "-b", "127.0.0.1:18096", "--workers", "2", "--access-logfile", "-", "--log-level", "debug", "--max-requests", "150"],
    }
    for kind in ("plain", "loguru", "structlog", "json"):
        for name, command in commands.items():
            log = d / f"{name}-{kind}.log"
            process = bench.start(command, log, 18096, cwd=HERE, env={**os.environ, "LOG_KIND": kind, "PYTHONDONTWRITEBYTECODE": "1"})
            bench.browse(18096, 700)
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            bench.keep(f"python-{kind}", log)
    bench.stop()


def tomcat(bench, d):
    home = Path("/usr/share/tomcat10")
    for name in ("conf", "logs", "webapps/ROOT/api", "temp", "work"):
        (d / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree("/etc/tomcat10", d / "conf", dirs_exist_ok=True)
    text = (d / "conf/server.xml").read_text()
    text = text.replace('port="8080"', 'port="18097" address="127.0.0.1"').replace('port="8005"', 'port="-1"')
    text = re.sub(r'pattern="[^"]*"', 'pattern="%{X-Forwarded-For}i %l %u %t &quot;%r&quot; %s %b %D %I &quot;%{User-Agent}i&quot;"', text)
    (d / "conf/server.xml").write_text(text)
    (d / "conf/logging.properties").write_text("handlers = java.util.logging.ConsoleHandler\n.level = FINE\njava.util.logging.ConsoleHandler.level = FINE\njava.util.logging.ConsoleHandler.formatter = org.apache.juli.OneLineFormatter\norg.apache.jasper.level = INFO\nsun.level = INFO\njdk.level = INFO\n")
    (d / "webapps/ROOT/index.jsp").write_text('<%@ page session="true" %><html><% if (Math.random() < 0.1) throw new IllegalStateException("cart " + session.getId()); application.log("viewed " + request.getRequestURI()); %></html>')
    (d / "webapps/ROOT/WEB-INF").mkdir()
    (d / "webapps/ROOT/WEB-INF/web.xml").write_text('<web-app version="6.0"><servlet-mapping><servlet-name>jsp</servlet-name><url-pattern>/order/*</url-pattern></servlet-mapping><error-page><error-code>404</error-code><location>/index.jsp</location></error-page></web-app>')
    env = {**os.environ, "CATALINA_HOME": str(home), "CATALINA_BASE": str(d), "JAVA_OPTS": "-Xmx256m"}
    bench.start(["sh", home / "bin/catalina.sh", "run"], d / "logs/catalina.log", 18097, 60, env=env)
    bench.browse(18097, 3000)
    bench.stop()
    for file in d.glob("logs/*access*.txt"):
        file.rename(file.with_suffix(".log"))
    bench.keep("tomcat", *d.glob("logs/*.log"))


def activemq(bench, d):
    jars = ":".join(str(p) for folder in ("/usr/share/activemq/lib", "/usr/share/java") for p in sorted(Path(folder).glob("*.jar")) if folder.endswith("lib") or re.match(r"(activemq|slf4j-api|slf4j-log4j|log4j-1|reload4j|geronimo|spring3?-|hawtbuf|commons-logging|xbean|jaxb|mqtt|javax)", p.name))
    (d / "log4j.properties").write_text("log4j.rootLogger=DEBUG, out\nlog4j.appender.out=org.apache.log4j.ConsoleAppender\nlog4j.appender.out.layout=org.apache.log4j.PatternLayout\nlog4j.appender.out.layout.ConversionPattern=%d | %-5p | %m | %c | %t%n\n")
    (d / "Broker.java").write_text(
        'import org.apache.activemq.broker.*; public class Broker { public static void main(String[] a) throws Exception { BrokerService b = new BrokerService(); b.setPersistent(false); b.setUseJmx(false); b.setDataDirectory(a[0]); b.addConnector("stomp://127.0.0.1:18613"); b.start(); Thread.sleep(60000); } }'
    )
    bench.start(["java", "-cp", f"{d}:{jars}", f"-Dlog4j.configuration=file:{d}/log4j.properties", d / "Broker.java", d], d / "activemq.log", 18613, 40)
    for _ in range(60):
        try:
            link = socket.create_connection(("127.0.0.1", 18613), 2)
            link.sendall(b"CONNECT\naccept-version:1.2\nhost:b\nclient-id:c%d\n\n\0" % rng.randrange(10**6))
            link.recv(4096)
            for i in range(12):
                link.sendall(f"SUBSCRIBE\nid:{i}\ndestination:/queue/{rng.choice(WORDS)}\n\n\0SEND\ndestination:/queue/{rng.choice(WORDS)}\n\n{{\"n\":{i}}}\0".encode())
            link.sendall(b"DISCONNECT\nreceipt:7\n\n\0" if rng.random() < 0.7 else b"NONSENSE\n\n\0")
            link.close()
        except OSError:
            pass
    time.sleep(1)
    bench.stop()
    bench.keep("activemq", d / "activemq.log")


def go_servers(bench, d):
    """etcd (zap JSON), NATS, Prometheus (logfmt), the node exporter: logs, metrics and API answers."""
    bench.start(["etcd", "--data-dir", d / "etcd", "--listen-client-urls", "http://127.0.0.1:18379", "--advertise-client-urls", "http://127.0.0.1:18379", "--listen-peer-urls", "http://127.0.0.1:18380", "--log-level", "debug", "--logger", "zap"], d / "etcd.log", 18379)
    bench.start(["nats-server", "-a", "127.0.0.1", "-p", "18422", "-m", "18423", "-DV"], d / "nats.log", 18422)
    bench.start(["prometheus-node-exporter", "--web.listen-address=127.0.0.1:18424", "--log.level=debug"], d / "node-exporter.log", 18424)
    (d / "p.yml").write_text("global:\n  scrape_interval: 1s\nscrape_configs:\n" + "".join(f"- job_name: {n}\n  static_configs:\n  - targets: ['127.0.0.1:{p}']\n" for n, p in (("self", 18425), ("node", 18424), ("etcd", 18379), ("gone", 18999))))
    bench.start(["prometheus", f"--config.file={d}/p.yml", f"--storage.tsdb.path={d}/tsdb", "--web.listen-address=127.0.0.1:18425", "--log.level=debug"], d / "prometheus.log", 18425)
    for _ in range(150):
        link = socket.create_connection(("127.0.0.1", 18422))
        link.recv(4096)
        link.sendall(f'CONNECT {{"verbose":false,"name":"{rng.choice(WORDS)}","lang":"go","version":"1.31"}}\r\nSUB {rng.choice(WORDS)}.> {rng.randrange(9)}\r\nPUB {rng.choice(WORDS)}.{rng.choice(WORDS)} 5\r\nhello\r\nPING\r\n'.encode())
        link.close()

    def get(port, where, name, body=None):
        try:
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            link.request("POST" if body else "GET", where, body)
            (d / name).write_bytes(link.getresponse().read())
        except OSError:
            pass

    for i in range(150):
        get(18379, rng.choice(["/v3/kv/put", "/v3/kv/range", "/v3/lease/grant"]), "etcd-answer.json", json.dumps({"key": "Zm9v", "value": "YmFy", "TTL": i}))
    time.sleep(12)
    for n, where in enumerate(("targets", "metadata", "label/__name__/values", "query?query=up", "query?query={job=%22node%22}", "query_range?query=rate(node_cpu_seconds_total[5s])&start=%d&end=%d&step=1" % (time.time() - 30, time.time()), "status/tsdb", "status/config", "status/flags", "series?match[]={job=%22self%22}", "query?query=nonsense((")):
        get(18425, "/api/v1/" + where, f"prometheus-{n}.json")
    get(18423, "/varz", "nats-varz.json"), get(18423, "/connz?state=closed", "nats-connz.json")
    for name, port in (("node", 18424), ("prometheus", 18425), ("etcd", 18379)):
        get(port, "/metrics", f"{name}-metrics.prom")
    bench.stop()
    for name in ("etcd", "nats", "prometheus", "node-exporter"):
        bench.keep(name, d / f"{name}.log")
    bench.keep("go-answers", *d.glob("*.json"), group="records")
    bench.keep("go-metrics", *d.glob("*.prom"), group="config")


def tools(bench, d):
    """What package managers and build tools print, and the machine's own logs of them."""
    (d / "p").mkdir()
    (d / "p/package.json").write_text(json.dumps({"name": "x", "version": "1.0.0", "dependencies": {"express": "^4", "vite": "^5", "eslint": "^8", "jest": "^29"}}))
    bench.output(d / "npm-silly.log", "npm", "install", "--package-lock-only", "--loglevel", "silly", "--no-audit", cwd=d / "p")
    for file in list(Path.home().glob(".npm/_logs/*.log"))[-6:] + [Path("/var/log/dpkg.log"), Path("/var/log/alternatives.log"), Path("/var/log/apt/history.log"), Path("/var/log/apt/term.log")]:
        if file.is_file():
            shutil.copy(file, d / file.name)
    bench.output(d / "pip-verbose.log", "pip", "download", "-v", "--no-deps", "-d", d / "w", "requests", "flask", "rich", "--disable-pip-version-check")
    bench.output(d / "unittest.log", "python3", "-m", "unittest", "-v", "test.test_json", "test.test_csv", "test.test_logging", cwd=d)
    bench.output(d / "mvn-debug.log", "mvn", "-X", "-B", "-o", "help:help", cwd=d)
    bench.output(d / "strace-like.log", "python3", "-v", "-c", "import asyncio, email, http.server, sqlite3")
    bench.output(d / "git.log", "git", "-C", HERE, "log", "--stat", "-n", "200")
    bench.stop()
    bench.keep("tools", *d.glob("*.log"))
    bench.keep("tools", d / "p/package-lock.json", group="config")


RUNS = dict(nginx=nginx, apache=apache, lighttpd=lighttpd, caddy=caddy, haproxy=haproxy, varnish=varnish, squid=squid, redis=redis, postgres=postgres, mariadb=mariadb, dns=dns, mosquitto=mosquitto, memcached=memcached, sshd=sshd, rsyslog=rsyslog, node=node, python=python_apps, tomcat=tomcat, activemq=activemq, go=go_servers, tools=tools)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--only", default=",".join(RUNS))
    args = parser.parse_args()
    bench = Bench(args.out.resolve(), args.work.resolve())
    for name in args.only.split(","):
        began = time.time()
        try:
            RUNS[name](bench, bench.folder(name))
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            print(f"{name}: {error}", flush=True)
        finally:
            bench.stop()
        with open(args.out / "taken.jsonl", "a") as notes:
            for source, sizes in bench.notes.items():
                notes.write(json.dumps({"source": f"server-{source}", "version": "as installed", "licence": "own output of the server", "bytes": sizes}) + "\n")
        print(f"{name}: {time.time() - began:.0f} s, {bench.notes}", flush=True)
        bench.notes = {}


if __name__ == "__main__":
    main()
