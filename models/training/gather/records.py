"""Write realistic synthetic data from a seed: events, API answers, CSV exports and logs of hundreds of random schemas.

    python records.py --out DIR [--seed 1] [--schemas 320] [--npm-cache DIR]

Each schema is a source of its own (DIR/<group>/synthetic-<n>/), so that validation holds out whole schemas. Values come
from pools made once with Faker in 30 languages; within one schema, ids, users and hosts come back as they do in traffic.
Log messages are the format strings of logging calls in the gathered code (DIR/code), filled in. With --npm-cache, the
registry's answers that npm itself kept while gather.py ran are added to records (real, not synthetic).
Needs Faker (pip install faker==40.54.0).
"""
import argparse
import base64
import csv
import io
import json
import math
import random
import re
import string
from datetime import datetime, timedelta, timezone
from pathlib import Path

LOCALES = (
    "en_US en_GB de_DE fr_FR es_ES it_IT pt_BR nl_NL pl_PL cs_CZ sv_SE da_DK fi_FI tr_TR ru_RU uk_UA el_GR ja_JP zh_CN zh_TW "
    "ko_KR ar_SA fa_IR he_IL hi_IN th_TH vi_VN id_ID hu_HU ro_RO"
).split()
ALNUM = string.ascii_letters + string.digits
B32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

# Field names by kind; a schema draws from a few of the domains below and writes them in its own style.
ENUMS = {
    "status": "active pending completed failed cancelled refunded expired queued running paid draft archived".split(),
    "state": "open closed merged new in_progress blocked resolved rejected on_hold".split(),
    "level": "info warn error debug trace fatal".split(),
    "severity": "low medium high critical INFO WARNING ERROR NOTICE".split(),
    "currency": "USD EUR GBP JPY CHF SEK PLN BRL INR CNY CAD AUD".split(),
    "method": "GET POST PUT PATCH DELETE HEAD OPTIONS".split(),
    "plan": "free starter pro team business enterprise trial".split(),
    "role": "admin editor viewer owner member guest billing support".split(),
    "region": "us-east-1 us-west-2 eu-west-1 eu-central-1 ap-southeast-1 ap-northeast-1 sa-east-1".split(),
    "env": "production staging development test".split(),
    "platform": "ios android web macos windows linux".split(),
    "device_type": "desktop mobile tablet tv bot unknown".split(),
    "browser": ["Chrome", "Safari", "Firefox", "Edge", "Samsung Internet", "Opera"],
    "os": ["Windows 10", "Windows 11", "macOS 14.4", "iOS 17.5", "Android 14", "Ubuntu 22.04"],
    "event_type": "page_view click purchase signup login logout add_to_cart checkout search share video_play error".split(),
    "action": "create update delete read approve reject export import invite assign comment".split(),
    "type": "order.created invoice.paid customer.updated charge.succeeded charge.failed payout.paid subscription.deleted".split(),
    "category": ["Electronics", "Books", "Home & Garden", "Toys", "Clothing", "Sports", "Groceries", "Beauty", "Automotive"],
    "payment_method": "card paypal sepa_debit apple_pay google_pay bank_transfer klarna ideal".split(),
    "carrier": ["DHL", "UPS", "FedEx", "DPD", "GLS", "USPS", "PostNL", "Hermes"],
    "unit": "C F % kWh V A hPa lux ppm m/s km l".split(),
    "protocol": "tcp udp icmp http https grpc mqtt amqp ws".split(),
    "priority": "P1 P2 P3 P4 low normal high urgent".split(),
    "channel": "email sms push web api chat phone in_app".split(),
    "source": "google newsletter direct facebook partner affiliate organic referral".split(),
    "country": "US DE FR GB ES IT NL PL BR JP IN CN CA AU MX TR SE".split(),
    "locale": "en-US de-DE fr-FR es-ES pt-BR ja-JP zh-CN it-IT pl-PL ko-KR".split(),
    "timezone": "UTC Europe/Berlin America/New_York Asia/Tokyo Europe/London America/Sao_Paulo Asia/Kolkata".split(),
    "branch": "main develop master release/2.4 feature/login-flow fix/null-pointer hotfix/3.1.2".split(),
    "phase": "Running Pending Succeeded Failed Unknown CrashLoopBackOff Terminating".split(),
    "gender": "male female other unknown".split(),
    "weather": "clear clouds rain snow fog drizzle thunderstorm".split(),
}
DOMAINS = {
    "commerce": "id:order_id,order_number,checkout_id enum:status,currency,payment_method,category,carrier money:total,subtotal,tax,shipping_cost,discount,unit_price int:quantity,items_count,stock user:customer,customer_id text:note,description,gift_message name:customer_name,billing_name address:shipping_address,billing_address sku:sku,product_id,variant time:created_at,updated_at,shipped_at,delivered_at bool:is_gift,paid,test list:line_items tags:tags,labels email:email phone:phone",
    "web": "id:request_id,trace_id,session_id,visitor_id enum:method,browser,os,device_type,country,source,platform path:path,route,page url:url,referrer,landing_page ip:ip,client_ip,remote_addr agent:user_agent,ua status:status,status_code small:duration_ms,latency,ttfb,took big:bytes_sent,content_length,body_size time:timestamp,ts,time bool:cached,is_bot,authenticated host:host,server,upstream map:query,params,headers",
    "iot": "id:device_id,sensor_id,gateway hex:mac,dev_eui,imei enum:unit,state,protocol,region real:temperature,humidity,pressure,battery_voltage,co2,lux,rssi,snr,vibration,power_w,energy_kwh real2:latitude,longitude,altitude,speed,heading,accuracy int:seq,fcnt,uptime,battery_pct,firmware_build time:ts,measured_at,received_at bool:online,charging,alarm series:samples,readings version:firmware,hw_version",
    "finance": "id:transaction_id,payment_id,account_id,reference enum:currency,status,type,channel,country money:amount,balance,fee,net,exchange_amount real4:rate,price,bid,ask,spread int:quantity,volume,installments name:beneficiary,holder,merchant company:counterparty,bank iban:iban,account_number sku:isin,symbol,mcc time:booked_at,value_date,executed_at,settled_at bool:reversed,pending,three_d_secure text:memo,remittance_info map:metadata",
    "cloud": "id:instance_id,request_id,event_id,correlation_id enum:region,env,phase,level,action,severity host:node,hostname,instance,pod,container name:user,principal arn:resource,arn,role_arn ip:source_ip,private_ip,public_ip version:version,image_tag,kernel real:cpu,memory,load1,disk_used_pct big:memory_bytes,network_rx,network_tx,disk_read_bytes int:restarts,replicas,retries,port,pid time:eventTime,started_at,finished_at,@timestamp map:labels,annotations,tags msg:message,reason,error hash:image,digest,commit",
    "people": "id:user_id,employee_id,external_id name:name,full_name,manager email:email,work_email phone:phone,mobile company:company,employer job:job_title,position address:address,home_address enum:role,plan,gender,locale,timezone,country date:birth_date,hired_on,last_login int:age,login_count,score bool:active,verified,newsletter,mfa_enabled text:bio,about url:avatar_url,website tags:skills,groups,permissions time:created_at,updated_at,last_seen_at",
    "support": "id:ticket_id,conversation_id,message_id enum:priority,state,channel,locale text:subject,body,comment,preview,summary name:assignee,author,requester email:from,to user:agent_id,requester_id time:created_at,solved_at,first_reply_at int:replies,reopens,satisfaction tags:tags,topics bool:public,spam,unread list:attachments,messages url:permalink",
    "devops": "hash:sha,commit,before,after,tree id:build_id,job_id,run_id,pipeline enum:branch,state,status,action,env name:author,committer,actor msg:message,title text:description int:number,additions,deletions,changed_files,exit_code small:duration,queued_seconds version:tag,version,node_version url:html_url,web_url,api_url time:created_at,started_at,completed_at list:steps,files,jobs bool:draft,mergeable,success tags:labels path:file,artifact",
    "media": "id:video_id,track_id,playlist_id,asset_id text:title,description,caption name:artist,channel_title,creator int:views,likes,plays,shares,duration,bitrate,width,height real:rating,score,popularity enum:platform,category,locale tags:genres,tags,keywords url:thumbnail,stream_url,preview_url date:release_date,published_on time:published_at,last_played bool:explicit,live,hd hash:etag,checksum",
    "travel": "id:booking_id,trip_id,pnr,vehicle_id enum:status,country,currency,weather,platform city:origin,destination,city,stop_name real2:lat,lon,pickup_latitude,dropoff_longitude money:fare,tip,tolls,total_amount int:passengers,seats,delay_minutes,rooms,nights real:distance_km,speed,occupancy time:departure,arrival,scheduled_at,actual_at date:check_in,check_out name:guest,driver sku:gate,line,route_id bool:cancelled,refundable",
    "security": "id:alert_id,rule_id,flow_id,incident enum:severity,protocol,action,country ip:src_ip,dst_ip,source_address int:src_port,dst_port,packets,attempts big:bytes_in,bytes_out host:host,sensor,endpoint name:username,account hash:sha256,md5,fingerprint msg:signature,alert,description agent:user_agent path:uri,process,image_path time:timestamp,first_seen,last_seen bool:blocked,tls,encrypted tags:mitre,indicators hex:community_id,ja3",
    "science": "id:sample_id,subject,run enum:category,unit,gender real:mean,sd,value,mass,ph,concentration,absorbance,wavelength,intensity real4:p_value,coefficient,std_error,residual int:n,count,replicate,age,day,dose sku:gene,compound,taxon,plate_well date:date,collected series:spectrum,counts bool:outlier,control text:remarks",
}
STYLES = ("snake", "snake", "camel", "camel", "pascal", "kebab")


class Pools:
    """Values that need Faker, made once per language."""

    def __init__(self, rng, out):
        from faker import Faker

        self.by_locale = {}
        for locale in LOCALES:
            fake = Faker(locale)
            fake.seed_instance(rng.randrange(1 << 30))

            def many(count, maker):
                return [maker() for _ in range(count)]

            self.by_locale[locale] = {
                "name": many(300, fake.name),
                "company": many(150, fake.company),
                "city": many(120, fake.city),
                "street": many(200, fake.street_address),
                "postcode": many(120, fake.postcode),
                "phone": many(200, fake.phone_number),
                "job": many(100, fake.job),
                "sentence": many(400, lambda: fake.sentence(nb_words=rng.randrange(3, 16))),
                "word": list(dict.fromkeys(many(200, fake.word))),
            }
        fake = Faker("en_US")
        fake.seed_instance(rng.randrange(1 << 30))
        # Faker's user agents are of no real browser: those that a package of the table lists are better, if they are there.
        listed = [m for path in sorted(out.glob("json/npm-*user-agents*/*")) for m in re.findall(r'"(Mozilla/5\.0[^"\\]{20,200})"', path.read_text())]
        self.agents = rng.sample(listed, min(len(listed), 400)) or [fake.user_agent() for _ in range(400)]
        self.users = [fake.user_name() for _ in range(600)]
        self.domains = [fake.domain_name() for _ in range(150)] + ["example.com", "example.org", "gmail.com", "outlook.com"]
        self.slugs = [fake.slug() for _ in range(400)]
        self.files = [fake.file_path(depth=rng.randrange(1, 5)) for _ in range(300)]
        self.ibans = [fake.iban() for _ in range(300)]


def styled(name, style):
    words = name.strip("@").split("_")
    if style == "camel":
        return words[0] + "".join(w.capitalize() for w in words[1:])
    if style == "pascal":
        return "".join(w.capitalize() for w in words)
    return "-".join(words) if style == "kebab" else name


class Clock:
    """Time that goes on by random steps, written in one of the formats that services use."""

    def __init__(self, rng):
        self.rng = rng
        self.now = datetime(2019, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=rng.randrange(7 * 365 * 86400))
        self.step = 10 ** rng.uniform(-2.5, 3.5)

    def tick(self):
        self.now += timedelta(seconds=self.rng.expovariate(1 / self.step))
        return self.now


def when(kind):
    def iso(t, digits):
        return t.strftime("%Y-%m-%dT%H:%M:%S") + (f".{t.microsecond:06d}"[: digits + 1] if digits else "")

    return {
        "iso": lambda t: iso(t, 0) + "Z",
        "iso3": lambda t: iso(t, 3) + "Z",
        "iso6": lambda t: iso(t, 6) + "+00:00",
        "iso9": lambda t: iso(t, 6) + "%03dZ" % (t.microsecond * 7 % 1000),
        "offset": lambda t: iso(t + timedelta(hours=2), 0) + "+02:00",
        "s": lambda t: int(t.timestamp()),
        "ms": lambda t: int(t.timestamp() * 1000),
        "float": lambda t: round(t.timestamp(), 3),
        "plain": lambda t: t.strftime("%Y-%m-%d %H:%M:%S"),
        "eu": lambda t: t.strftime("%d.%m.%Y %H:%M"),
        "us": lambda t: t.strftime("%m/%d/%Y %I:%M:%S %p"),
        "http": lambda t: t.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }[kind]


class Schema:
    """A random record type: its fields, their names, and the pools its values come back from."""

    def __init__(self, rng, pools, flat=False):
        self.rng, self.pools = rng, pools
        self.local = pools.by_locale[rng.choice(LOCALES)]
        self.style = rng.choice(STYLES)
        self.clock = Clock(rng)
        self.time = when(rng.choice("iso iso3 iso3 iso6 iso9 offset s ms ms float plain http".split() + ["eu", "us"] * flat))
        self.id_kind = rng.choice("uuid uuid ulid object int int snowflake prefixed nano hex".split())
        self.serial = rng.randrange(10 ** rng.randrange(1, 10))
        self.users = self.pool(lambda: self.new_id("usr"), rng.choice([5, 40, 400]))
        self.hosts = [f"{rng.choice(['web', 'api', 'db', 'ip-10-0', 'node', 'worker', 'edge', 'gw'])}-{rng.randrange(1, 64)}" + self.suffix for self.suffix in [rng.choice(["", ".prod.internal", ".example.net", "-7f9c"])] for _ in range(rng.choice([1, 4, 20]))]
        self.ips = self.pool(lambda: ".".join(str(rng.randrange(1, 255)) for _ in range(4)), rng.choice([3, 60, 600]))
        words = [rng.choice(pools.slugs).replace("-", "/") for _ in range(12)] + ["login", "search", "health", "items", "users/me", "v1/orders"]
        self.paths = [f"/{'api/' * rng.randrange(2)}{w}" for w in words]
        self.fields = self.choose(rng.randrange(4, 24), flat)

    def pool(self, maker, count):
        values = [maker() for _ in range(count)]
        return lambda: values[min(int(self.rng.paretovariate(0.7)) - 1, 10**6) % count]

    def new_id(self, prefix="id"):
        rng, kind = self.rng, self.id_kind
        self.serial += 1 if rng.random() < 0.7 else rng.randrange(1, 50)
        if kind == "uuid":
            h = f"{rng.getrandbits(128):032x}"
            return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{'89ab'[rng.randrange(4)]}{h[17:20]}-{h[20:]}"
        if kind == "ulid":
            value = (int(self.clock.now.timestamp() * 1000) << 80) | rng.getrandbits(80)
            return "".join(B32[value >> s & 31] for s in range(125, -1, -5))
        if kind == "object":
            return f"{int(self.clock.now.timestamp()):08x}{'5f3a9c01d2'}{self.serial & 0xFFFFFF:06x}"
        if kind == "int":
            return self.serial
        if kind == "snowflake":
            return str((int(self.clock.now.timestamp() * 1000) - 1420070400000) << 22 | rng.getrandbits(22))
        if kind == "prefixed":
            return prefix[:4] + "_" + "".join(rng.choices(ALNUM, k=16))
        return "".join(rng.choices(ALNUM + "-_", k=21)) if kind == "nano" else f"{rng.getrandbits(64):016x}"

    def choose(self, count, flat):
        rng, found, used = self.rng, [], set()
        domains = rng.sample(list(DOMAINS), 1 if rng.random() < 0.7 else 2)
        offered = [(kind, name) for d in domains for group in DOMAINS[d].split() for kind, names in [group.split(":")] for name in names.split(",")]
        rng.shuffle(offered)
        for kind, name in sorted(offered[:count], key=lambda f: (f[0] not in ("id", "time"), rng.random())):
            if name in used or flat and kind in ("list", "map", "series", "address"):
                continue
            used.add(name)
            key = name if name.startswith("@") else styled(name, self.style)
            found.append((key, self.maker(kind, name, flat), rng.choice([0, 0, 0, 0.05, 0.3]), rng.choice(["null", "absent"])))
        # Some fields go together under one key, as in most APIs.
        if not flat and len(found) > 6 and rng.random() < 0.6:
            at = rng.randrange(2, len(found) - 2)
            inner = found[at : at + rng.randrange(2, 6)]
            outer = styled(rng.choice("attributes data user context payload details meta resource request properties geo".split()), self.style)
            found[at : at + len(inner)] = [(outer, lambda: self.fill(inner), 0, "null")]
        return found

    def maker(self, kind, name, flat):
        rng, pools, local = self.rng, self.pools, self.local
        pick = rng.choice
        if kind == "enum":
            values = ENUMS[name][: rng.randrange(2, len(ENUMS[name]) + 1)]
            if rng.random() < 0.2:
                values = [v.upper() for v in values]
            weights = [1 / (i + 1) ** rng.uniform(0.5, 2) for i in range(len(values))]
            return lambda: rng.choices(values, weights)[0]
        if kind == "id":
            if rng.random() < 0.3:
                return self.pool(lambda: self.new_id(name), pick([10, 100]))
            return lambda: self.new_id(name)
        if kind in ("money", "real", "real2", "real4"):
            middle, spread = 10 ** rng.uniform(0, 4), rng.uniform(0.02, 0.8)
            digits = {"money": 2, "real": pick([1, 2, 3, 15]), "real2": pick([5, 6, 7]), "real4": pick([4, 6])}[kind]
            if kind == "real2":
                middle, spread = rng.uniform(-80, 80), 0.0005
            if kind == "money":
                form = pick(["float", "cents", "string"])
                if form == "cents":
                    return lambda: int(middle * 100 * math.exp(rng.gauss(0, spread)))
                if form == "string":
                    return lambda: f"{middle * math.exp(rng.gauss(0, spread)):.2f}"
            if kind == "real" and rng.random() < 0.5:  # sensors drift
                level = [middle]

                def drift():
                    level[0] += rng.gauss(0, middle * 0.01)
                    return round(level[0], digits)

                return drift
            return lambda: round(middle * (1 + rng.gauss(0, spread)), digits)
        if kind == "int":
            most = 10 ** rng.uniform(0.5, 5)
            if name in ("age", "battery_pct", "day", "satisfaction"):
                return lambda: min(int(rng.gauss(45, 16)) % 100, 100)
            return lambda: int(min(rng.expovariate(1 / most), most * 20))
        if kind == "small":
            return lambda: int(rng.lognormvariate(3.5, 1.2))
        if kind == "big":
            return lambda: int(rng.lognormvariate(9, 2.5))
        if kind == "series":
            length, low = rng.randrange(3, 24), rng.uniform(-5, 100)
            return lambda: [round(low + rng.gauss(0, 3), 2) for _ in range(length)]
        if kind == "tags":
            words = [w for w in rng.sample(local["word"], min(12, len(local["word"])))]
            return (lambda: "|".join(rng.sample(words, rng.randrange(4)))) if flat else lambda: rng.sample(words, rng.randrange(5) % len(words))
        if kind == "map":
            keys = [styled(k, self.style) for k in rng.sample("app team version zone tier build locale ref campaign cluster namespace owner channel shard".split(), rng.randrange(1, 6))]
            values = {k: [pick(pools.slugs).split("-")[0] for _ in range(4)] for k in keys}
            return lambda: {k: pick(values[k]) for k in keys}
        if kind == "list":
            inner = Schema.__new__(Schema)
            inner.__dict__.update(self.__dict__)
            inner.fields = [f for f in inner.choose(rng.randrange(2, 7), True)]
            return lambda: [inner.fill(inner.fields) for _ in range(min(int(rng.expovariate(0.5)), 8))]
        if kind == "address":
            return lambda: {styled("street", self.style): pick(local["street"]), styled("postal_code", self.style): pick(local["postcode"]), styled("city", self.style): pick(local["city"])}
        if kind == "time":
            return lambda: self.time(self.clock.tick())
        if kind == "url":
            base = f"https://{pick(['www', 'api', 'cdn', 'app'])}.{pick(pools.domains)}"
            return lambda: f"{base}{pick(self.paths)}/{pick(pools.slugs)}" + (f"?{pick(['id', 'page', 'ref', 'utm_source'])}={rng.randrange(5000)}" if rng.random() < 0.3 else "")
        if kind == "user":
            return self.users
        if kind == "hash":
            length = pick([40, 40, 64, 32])
            return lambda: f"{rng.getrandbits(256):064x}"[:length]
        if kind == "arn":
            account = rng.randrange(10**11, 10**12)
            return lambda: f"arn:aws:{pick(['s3', 'iam', 'lambda', 'dynamodb'])}:{pick(ENUMS['region'])}:{account}:{pick(['table', 'function', 'role', 'bucket'])}/{pick(pools.slugs)}"
        return {
            "name": lambda: pick(local["name"]),
            "company": lambda: pick(local["company"]),
            "city": lambda: pick(local["city"]),
            "job": lambda: pick(local["job"]),
            "phone": lambda: pick(local["phone"]),
            "text": lambda: " ".join(pick(local["sentence"]) for _ in range(1 + int(rng.expovariate(0.8)))),
            "msg": lambda: pick(local["sentence"]).rstrip(".") + (f" ({rng.randrange(1000)})" if rng.random() < 0.3 else ""),
            "email": lambda: f"{pick(pools.users)}@{pick(pools.domains)}",
            "ip": self.ips,
            "agent": lambda: pick(pools.agents),
            "path": lambda: pick(self.paths) + (f"/{rng.randrange(10000)}" if rng.random() < 0.4 else ""),
            "status": lambda: rng.choices([200, 201, 204, 301, 304, 400, 401, 403, 404, 429, 500, 502, 503], [70, 4, 3, 2, 9, 1, 2, 1, 5, 1, 1, 0.4, 0.6])[0],
            "host": lambda: pick(self.hosts),
            "hex": lambda: ":".join(f"{rng.getrandbits(8):02x}" for _ in range(6)),
            "version": lambda: f"{rng.randrange(1, 4)}.{rng.randrange(12)}.{rng.randrange(20)}",
            "sku": lambda: f"{pick('ABCDEFGHKLMNPRST')}{pick('ABCDEFGHKLMNPRST')}-{rng.randrange(100, 9999)}",
            "iban": lambda: pick(pools.ibans),
            "date": lambda: (self.clock.now - timedelta(days=rng.randrange(9000))).strftime("%Y-%m-%d"),
            "bool": lambda: rng.random() < 0.3,
        }[kind]

    def fill(self, fields):
        out = {}
        for key, make, missing, how in fields:
            if missing and self.rng.random() < missing:
                if how == "null":
                    out[key] = None
                continue
            out[key] = make()
        return out

    def record(self):
        return self.fill(self.fields)


# --- forms ---


def dumps(rng, value):
    form = rng.choice(["compact"] * 5 + ["spaced", "ascii", "two", "two", "four", "tab"])
    ascii_only = form == "ascii"
    if form in ("compact", "ascii"):
        return json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    if form == "spaced":
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent={"two": 2, "four": 4, "tab": "\t"}[form]) + "\n"


def answer(rng, schema, count):
    """A list of records as an API sends it, in one of the usual envelopes."""
    rows = [schema.record() for _ in range(count)]
    page, total = rng.randrange(1, 40), rng.randrange(count, 9000)
    cursor = base64.b64encode(json.dumps({"o": page * count, "id": rng.randrange(10**6)}).encode()).decode()
    return rng.choice(
        [
            lambda: rows,
            lambda: {"data": rows, "meta": {"page": page, "per_page": count, "total": total, "total_pages": total // count + 1}},
            lambda: {"object": "list", "has_more": rng.random() < 0.8, "url": rng.choice(schema.paths), "data": rows},
            lambda: {"count": total, "next": f"https://api.example.com{schema.paths[0]}?page={page + 1}", "previous": None, "results": rows},
            lambda: {"data": [{"type": "item", "id": str(i + page * count), "attributes": r, "links": {"self": f"{schema.paths[1]}/{i}"}} for i, r in enumerate(rows)], "links": {"next": cursor}},
            lambda: {"_embedded": {"items": rows}, "_links": {"self": {"href": schema.paths[2]}, "next": {"href": f"{schema.paths[2]}?page={page}"}}, "page": {"size": count, "totalElements": total, "number": page}},
            lambda: {"data": {"items": {"edges": [{"cursor": base64.b64encode(f"c:{i}".encode()).decode(), "node": r} for i, r in enumerate(rows)], "pageInfo": {"hasNextPage": True, "endCursor": cursor}}}},
            lambda: {"took": rng.randrange(90), "timed_out": False, "_shards": {"total": 5, "successful": 5, "skipped": 0, "failed": 0}, "hits": {"total": {"value": total, "relation": "eq"}, "max_score": 1.0, "hits": [{"_index": "logs-2024.03", "_id": f"{rng.getrandbits(80):020x}", "_score": 1.0, "_source": r} for r in rows]}},
            lambda: {"success": True, "error": None, "request_id": f"{rng.getrandbits(64):016x}", "result": rows, "nextPageToken": cursor},
        ]
    )()


def table(rng, schema, size):
    """A CSV export: delimiter, quoting, line ends, number format and header as some program would write them."""
    out = io.StringIO()
    delimiter = rng.choice([",", ",", ",", ";", "\t", "|"])
    comma = delimiter == ";" and rng.random() < 0.7
    empty = rng.choice(["", "", "NA", "NULL", "\\N", "-"])
    writer = csv.writer(out, delimiter=delimiter, quoting=rng.choice([csv.QUOTE_MINIMAL] * 3 + [csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), lineterminator=rng.choice(["\n", "\n", "\r\n"]))
    keys = [f[0] for f in schema.fields]
    if rng.random() < 0.9:
        writer.writerow([k.replace("_", " ").title() for k in keys] if rng.random() < 0.2 else keys)
    yes = rng.choice([("true", "false"), ("1", "0"), ("Y", "N"), ("True", "False"), ("yes", "no")])
    while out.tell() < size:
        row = schema.record()
        cells = []
        for key in keys:
            value = row.get(key)
            if value is None:
                value = empty
            elif isinstance(value, bool):
                value = yes[not value]
            elif isinstance(value, float) and comma:
                value = str(value).replace(".", ",")
            cells.append(value)
        writer.writerow(cells)
    return out.getvalue()


LOG_CALL = re.compile(r"""\b(?:log|logger|logging|LOG|LOGGER|slog|klog|console|tracing|_logger|logrus|l)(?:::|\.)(?:\w*\.)?(debug|info|warn|warning|error|exception|critical|trace|fatal|Debugf?|Infof?|Warnf?|Warningf?|Errorf?|log)!?\(\s*f?["'`]([^"'`\n]{12,160})["'`]""")
HOLE = re.compile(r"%[-+#0-9.]*[sdvqfxtTpwr]|%\(\w+\)[sdrf]|\{[^{}]{0,40}\}|\$\{[^}]{0,40}\}")
STANDARD = [
    ("info", "Started {} {} for {}"), ("info", "Completed {} OK in {}ms"), ("info", "GET {} {} {}ms"), ("debug", "cache hit for key {}"),
    ("debug", "cache miss for key {}, loading from {}"), ("warn", "slow query took {}ms: select * from {} where id = {}"),
    ("error", "connection to {} refused, retrying in {}s"), ("info", "user {} logged in from {}"), ("warn", "failed login for {} from {}"),
    ("info", "job {} finished in {}ms"), ("error", "timeout after {}ms waiting for {}"), ("info", "consumer {} assigned partition {} of {}"),
    ("warn", "retry {} of 5 for message {}"), ("debug", "parsed {} records from {}"), ("info", "listening on {}"), ("error", "unexpected status {} from {}"),
]  # fmt: skip


def harvest(code):
    """Templates of log messages per source of the gathered code: real messages, with holes for values."""
    found = {}
    for folder in sorted(code.glob("*")) if code.is_dir() else []:
        templates = {}
        for path in sorted(folder.glob("*"))[:150]:
            module = re.sub(r"\.\w+$", "", path.name).split("__")[-4:]
            for level, text in LOG_CALL.findall(path.read_text(errors="replace")):
                if " " in text.strip():
                    level = {"warning": "warn", "exception": "error", "log": "info"}.get(level.lower().rstrip("f"), level.lower().rstrip("f"))
                    templates[text] = (level, text.replace("\\n", ""), module)
        if len(templates) >= 6:
            found[folder.name] = list(templates.values())
    return found


def log(rng, pools, harvested, size):
    """One program's log: a layout, a set of messages, and values that come back."""
    schema = Schema(rng, pools)
    messages = [(level, text, ["app", rng.choice(["server", "worker", "http", "db", "auth"])]) for level, text in rng.sample(STANDARD, 8)]
    if harvested:
        own = harvested[rng.choice(sorted(harvested))]
        messages += rng.sample(own, min(len(own), 60))
    weights = [{"error": 0.15, "warn": 0.3, "critical": 0.05, "fatal": 0.03}.get(m[0], 1) / (i % 17 + 1) for i, m in enumerate(messages)]
    keys = [lambda: str(schema.users()), schema.ips, lambda: rng.choice(schema.hosts), lambda: str(rng.randrange(5000)), lambda: rng.choice(schema.paths), lambda: rng.choice(pools.slugs), lambda: f"{rng.lognormvariate(2, 1.5):.2f}", lambda: str(schema.new_id("req")), lambda: rng.choice(pools.users), lambda: rng.choice(pools.files)]

    def value(match):
        hole = match.group()
        if hole[-1] in "d" and hole[0] == "%" or re.match(r" ?(ms|s|%|bytes|MB|KB|seconds|items|rows|records|of \d)\b", match.string[match.end() :]):
            return str(int(rng.expovariate(0.01)))
        if hole[-1] in "f" and hole[0] == "%":
            return f"{rng.lognormvariate(1, 1.5):.3f}"
        return keys[(hash_of(hole + match.string) + match.start()) % len(keys)]()

    def hash_of(text):  # the same hole gets the same kind of value
        return sum(ord(c) * (i + 7) for i, c in enumerate(text))

    host, app, pid = schema.hosts[0], rng.choice(pools.slugs).split("-")[0], rng.randrange(300, 60000)
    threads = [t % i for t in ["main", "http-nio-8080-exec-%d", "pool-%d-thread-1", "worker-%d", "ForkJoinPool-1-worker-%d"] for i in range(1, 5) if "%" in t] + ["main"]
    package = rng.choice(["com", "org", "io", "net"]) + "." + app
    access = lambda t: (schema.ips(), rng.choice(["-"] * 6 + pools.users[:5]), t, rng.choices(ENUMS["method"], [60, 20, 5, 3, 3, 3, 1])[0], rng.choice(schema.paths) + rng.choice(["", "", f"?q={rng.choice(pools.slugs)}", f"/{rng.randrange(999)}"]), rng.choices([200, 301, 304, 400, 401, 403, 404, 500, 502, 503], [70, 3, 9, 2, 2, 2, 8, 2, 1, 1])[0], int(rng.lognormvariate(8, 2)), f"https://{pools.domains[pid % 100]}{rng.choice(schema.paths)}" if rng.random() < 0.4 else "-", pools.agents[(pid + int(rng.paretovariate(0.8))) % len(pools.agents)], rng.lognormvariate(-3, 1.3))
    stamp = lambda t, f: t.strftime(f)
    trace = lambda: f"{rng.getrandbits(128):032x}"

    def java(level, text, module, t):
        line = f"{stamp(t, '%Y-%m-%d %H:%M:%S')},{t.microsecond // 1000:03d} {level.upper():5} [{rng.choice(threads)}] {package}.{'.'.join(module[-2:])}: {text}"
        if level == "error" and rng.random() < 0.5:
            cause = rng.choice(["java.net.SocketTimeoutException: Read timed out", "java.lang.NullPointerException", "java.io.IOException: Connection reset by peer", "java.lang.IllegalStateException: closed"])
            line += f"\n{cause}" + "".join(f"\n\tat {package}.{rng.choice(module)}.{rng.choice(['run', 'handle', 'invoke', 'process', 'call', 'execute'])}({rng.choice(module).capitalize()}.java:{rng.randrange(20, 900)})" for _ in range(rng.randrange(2, 9)))
        return line

    layouts = {
        "combined": lambda t, m: "%s - %s [%s] \"%s %s HTTP/1.1\" %d %d \"%s\" \"%s\"" % ((a := access(t))[0], a[1], stamp(t, "%d/%b/%Y:%H:%M:%S +0000"), *a[3:9]),
        "common": lambda t, m: "%s - %s [%s] \"%s %s HTTP/1.1\" %d %d" % ((a := access(t))[0], a[1], stamp(t, "%d/%b/%Y:%H:%M:%S +0100"), *a[3:7]),
        "vhost": lambda t, m: "%s:443 %s - - [%s] \"%s %s HTTP/2.0\" %d %d \"%s\" \"%s\" %.3f" % (pools.domains[pid % 9], (a := access(t))[0], stamp(t, "%d/%b/%Y:%H:%M:%S +0200"), *a[3:10]),
        "json-access": lambda t, m: json.dumps(dict(zip(("remote_addr", "user", "method", "uri", "status", "bytes", "referer", "agent"), ((a := access(t))[0], a[1], *a[3:9])), time=stamp(t, "%Y-%m-%dT%H:%M:%S+00:00"), request_time=round(a[9], 3)), separators=(",", ":")),
        "elb": lambda t, m: "https %sZ app/%s/50dc6c495c0c9188 %s:%d 10.0.1.%d:80 0.001 %.3f 0.000 %d %d 34 %d \"%s https://%s:443%s HTTP/1.1\" \"%s\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2" % (stamp(t, "%Y-%m-%dT%H:%M:%S.%f"), app, (a := access(t))[0], rng.randrange(1024, 65535), rng.randrange(9), a[9], a[5], a[5], a[6], a[3], pools.domains[3], a[4], a[8]),
        "w3c": lambda t, m: "%s W3SVC1 10.0.0.5 %s %s - 443 %s %s %s - %d 0 0 %d" % (stamp(t, "%Y-%m-%d %H:%M:%S"), (a := access(t))[3], a[4].replace("?", " "), a[1], a[0], a[8].replace(" ", "+"), a[5], int(a[9] * 1000)),
        "haproxy": lambda t, m: "%s %s haproxy[%d]: %s:%d [%s] http-in~ app/%s 0/0/%d/%d/%d %d %d - - ---- %d/%d/0/0/0 0/0 \"%s %s HTTP/1.1\"" % (stamp(t, "%b %e %H:%M:%S"), host, pid, (a := access(t))[0], rng.randrange(1024, 65535), stamp(t, "%d/%b/%Y:%H:%M:%S.%f")[:-3], rng.choice(schema.hosts), rng.randrange(3), int(a[9] * 900), int(a[9] * 1000), a[5], a[6], rng.randrange(90), rng.randrange(40), a[3], a[4]),
        "java": lambda t, m: java(*m, t),
        "spring": lambda t, m: f"{stamp(t, '%Y-%m-%dT%H:%M:%S')}.{t.microsecond // 1000:03d}Z {m[0].upper():>5} {pid} --- [{rng.choice(threads)[-15:]:>15}] {(package + '.' + '.'.join(m[2][-2:]))[-40:]:<40} : {m[1]}",
        "python": lambda t, m: f"{stamp(t, '%Y-%m-%d %H:%M:%S')},{t.microsecond // 1000:03d} - {app}.{'.'.join(m[2][-2:])} - {m[0].upper()} - {m[1]}",
        "python2": lambda t, m: f"{m[0].upper()}:{app}.{m[2][-1]}:{m[1]}",
        "rfc3164": lambda t, m: f"{stamp(t, '%b %e %H:%M:%S')} {host} {app}[{pid}]: {m[1]}",
        "rfc5424": lambda t, m: f"<{rng.choice([30, 134, 165, 11])}>1 {stamp(t, '%Y-%m-%dT%H:%M:%S')}.{t.microsecond:06d}Z {host} {app} {pid} {m[2][-1][:20]} [meta sequenceId=\"{rng.randrange(10**5)}\"] {m[1]}",
        "klog": lambda t, m: f"{m[0][0].upper()}{stamp(t, '%m%d %H:%M:%S.%f')} {pid:7d} {m[2][-1]}.go:{hash_of(m[1][:9]) % 900}] {m[1]}",
        "logfmt": lambda t, m: f"time={stamp(t, '%Y-%m-%dT%H:%M:%S')}.{t.microsecond // 1000:03d}Z level={m[0]} caller={m[2][-1]}.go:{hash_of(m[1][:9]) % 900} msg=\"{m[1]}\" traceID={trace()[:16]} duration={rng.lognormvariate(1, 1):.3f}ms",
        "pino": lambda t, m: json.dumps({"level": {"debug": 20, "warn": 40, "error": 50, "fatal": 60}.get(m[0], 30), "time": int(t.timestamp() * 1000), "pid": pid, "hostname": host, "reqId": schema.new_id("req"), "msg": m[1]}, separators=(",", ":")),
        "ecs": lambda t, m: json.dumps({"@timestamp": stamp(t, "%Y-%m-%dT%H:%M:%S.") + f"{t.microsecond // 1000:03d}Z", "log.level": m[0].upper(), "message": m[1], "ecs.version": "1.2.0", "service.name": app, "event.dataset": app + ".log", "process.thread.name": rng.choice(threads), "log.logger": package + "." + m[2][-1], "trace.id": trace()}, separators=(",", ":")),
        "zap": lambda t, m: json.dumps({"level": m[0], "ts": round(t.timestamp(), 4), "logger": ".".join(m[2][-2:]), "caller": f"{'/'.join(m[2][-2:])}.go:{hash_of(m[1][:9]) % 900}", "msg": m[1], "requestID": schema.new_id("req")}, separators=(",", ":")),
        "rust": lambda t, m: f"{stamp(t, '%Y-%m-%dT%H:%M:%S.%f')}Z {m[0].upper():>5} {app}::{'::'.join(m[2][-2:])}: {m[1]} elapsed={rng.lognormvariate(0, 2):.2f}ms",
        "go": lambda t, m: f"{stamp(t, '%Y/%m/%d %H:%M:%S')} {'/'.join(m[2][-2:])}.go:{hash_of(m[1][:9]) % 900}: {m[1]}",
        "bracket": lambda t, m: f"[{stamp(t, '%Y-%m-%d %H:%M:%S')}] {app}.{m[0].upper()}: {m[1]} {{\"user\":{json.dumps(schema.users())}}} []",
        "docker": lambda t, m: json.dumps({"log": f"{m[0].upper()} {m[1]}\n", "stream": rng.choice(["stdout", "stderr"]), "time": stamp(t, "%Y-%m-%dT%H:%M:%S.%f") + "123Z"}, separators=(",", ":")),
    }
    layout = layouts[rng.choice(sorted(layouts))]
    lines, total = [], 0
    while total < size:
        level, text, module = rng.choices(messages, weights)[0]
        line = layout(schema.clock.tick(), (level, HOLE.sub(value, text), module))
        if not re.search("zookeeper|hadoop|apache.spark|openstack|proxifier", line, re.I):  # systems of the test logs
            lines.append(line)
            total += len(line) + 1
    return "\n".join(lines) + "\n"


def registry_answers(cache, out):
    """What the npm registry answered while packages were fetched: each distinct document, compact as sent, 1 MB at most."""
    taken, total = 0, 0
    for path in sorted((cache / "_cacache" / "content-v2").rglob("*")):
        if not path.is_file() or total > 12e6:
            continue
        with open(path, "rb") as file:
            if file.read(1) != b"{":
                continue
            data = b"{" + file.read()
        try:
            name = json.loads(data)["name"]
        except (ValueError, KeyError, TypeError):
            continue
        folder = out / "records" / "npm-registry-answers"
        folder.mkdir(parents=True, exist_ok=True)
        kept = data[:150_000]
        (folder / (name.replace("/", "-") + ".json")).write_bytes(kept.decode("utf-8", "ignore").encode())
        taken, total = taken + 1, total + len(kept)
    print(f"npm registry answers: {taken}, {total / 1e6:.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--schemas", type=int, default=320)
    parser.add_argument("--npm-cache", type=Path)
    args = parser.parse_args()
    if args.npm_cache:
        registry_answers(args.npm_cache, args.out)
    rng = random.Random(args.seed)
    pools = Pools(rng, args.out)
    harvested = harvest(args.out / "code")
    print(f"log messages from {len(harvested)} sources of code", flush=True)
    totals = {}

    def put(group, number, name, text):
        folder = args.out / group / f"synthetic-{number:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        data = text.encode("utf-8", "replace")
        (folder / name).write_bytes(data)
        totals[group] = totals.get(group, 0) + len(data)

    for number in range(args.schemas):
        rng = random.Random(args.seed * 100_003 + number)
        schema = Schema(rng, pools)
        size = int(10 ** rng.uniform(4, 4.9))
        spaced = rng.choice([(",", ":"), (",", ":"), (", ", ": ")])
        lines, total = [], 0
        ascii_only = rng.random() < 0.2
        while total < size:
            lines.append(json.dumps(schema.record(), ensure_ascii=ascii_only, separators=spaced))
            total += len(lines[-1])
        put("records", number, "events.ndjson", "\n".join(lines) + "\n")
        for n in range(3):
            put("records", number, f"answer-{n}.json", dumps(rng, answer(rng, schema, rng.choice([1, 5, 10, 20, 50]))))
        for n in range(6):
            put("records", number, f"event-{n}.json", dumps(rng, schema.record()))
        put("csv", number, "export.csv", table(rng, Schema(rng, pools, flat=True), int(10 ** rng.uniform(4, 5.1))))
        put("logs", number, "app.log", log(rng, pools, harvested, int(10 ** rng.uniform(4.2, 5.1))))
    with open(args.out / "taken.jsonl", "a") as notes:
        notes.write(json.dumps({"source": f"synthetic ({args.schemas} schemas, seed {args.seed})", "version": "records.py", "licence": "this repository's", "bytes": totals}) + "\n")
    print({group: f"{size / 1e6:.1f} MB" for group, size in totals.items()})


if __name__ == "__main__":
    main()
