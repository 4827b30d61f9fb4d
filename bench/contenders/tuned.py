"""The same with batches and threads: ten messages a receive, a transaction and a batch of deletes, no ledger.

tuned.py ENDPOINT QUEUE MESSAGES DSN THREADS: ends when so many messages are processed.
"""
import hashlib
import json
import sys
import threading

import boto3
import psycopg2
from psycopg2.extras import execute_values

endpoint, queue, messages, dsn, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
lock = threading.Lock()
done = 0


def masked(text):
    return hashlib.sha256(text.encode()).hexdigest()


def row(message):
    login = json.loads(message["Body"])
    version = [int(part) for part in login["app_version"].split(".")] + [0, 0]
    return (login["user_id"], login["device_type"], masked(login["ip"]), masked(login["device_id"]), login["locale"],
            version[0] * 1000000 + version[1] * 1000 + version[2])


def work():
    global done
    sqs = boto3.session.Session().client(
        "sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="bench", aws_secret_access_key="bench")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    database = psycopg2.connect(dsn)
    while done < messages:
        received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", [])
        if not received:
            continue
        with database.cursor() as cursor:
            execute_values(
                cursor,
                "INSERT INTO user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date) VALUES %s",
                [row(message) for message in received if "user_id" in message["Body"]], template="(%s, %s, %s, %s, %s, %s, current_date)")
        database.commit()
        sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[{"Id": str(i), "ReceiptHandle": message["ReceiptHandle"]} for i, message in enumerate(received)])
        with lock:
            done += len(received)


workers = [threading.Thread(target=work) for _ in range(threads)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
