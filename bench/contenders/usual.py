"""The job as most scripts for it do it: a message at a time, a row and a commit each, no ledger.

usual.py ENDPOINT QUEUE MESSAGES DSN: ends when so many messages are processed.
"""
import hashlib
import json
import sys

import boto3
import psycopg2

endpoint, queue, messages, dsn = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
sqs = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="bench", aws_secret_access_key="bench")
url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
database = psycopg2.connect(dsn)
done = 0
while done < messages:
    for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
        login = json.loads(message["Body"])
        if "user_id" not in login:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            done += 1
            continue
        version = [int(part) for part in login["app_version"].split(".")] + [0, 0]
        with database.cursor() as cursor:
            cursor.execute(
                "INSERT INTO user_logins (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)"
                " VALUES (%s, %s, %s, %s, %s, %s, current_date)",
                (login["user_id"], login["device_type"], hashlib.sha256(login["ip"].encode()).hexdigest(),
                 hashlib.sha256(login["device_id"].encode()).hexdigest(), login["locale"],
                 version[0] * 1000000 + version[1] * 1000 + version[2]))
        database.commit()
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        done += 1
