"""Drains the login queue every five minutes, with Apache Airflow 2.9 or later.

The worker is on the machines that run tasks. Its settings are the connection string, in the connection "login_etl_database"
(leave its Extra empty, but for what a postgresql:// URI may have), and what stands in the environment of those machines.
"""

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.exceptions import AirflowException, AirflowFailException
from airflow.hooks.base import BaseHook


@dag(
    schedule="*/5 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    # One run at a time, whoever starts it.
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(seconds=30)},
    tags=["logins"],
)
def login_etl():
    @task
    def drain():
        import os
        import subprocess

        connection = BaseHook.get_connection("login_etl_database")
        # In the environment, where no list of processes shows it.
        environment = {**os.environ, "LOGINETL_DATABASE": connection.get_uri()}
        worker = subprocess.Popen(
            ["/opt/login-etl/login-etl"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        try:
            # The task's log has what is printed here, and not what a child writes.
            for line in worker.stdout:
                print(line, end="")
        except BaseException:
            # Airflow ends a task by raising in it. SIGTERM lets the worker write what it holds.
            worker.terminate()
            worker.communicate()
            raise
        code = worker.wait()
        if code == 75:
            raise AirflowException("The run failed by what may pass: it is tried again.")
        if code not in (0, 2):
            raise AirflowFailException("The run failed, and somebody has to act: see the log.")
        return code

    drain()


login_etl()
