/** The metrics of the service that the dashboard and the runbook may name, and their labels besides those that Prometheus adds. */
export const METRICS: Readonly<Record<string, { type: 'counter' | 'gauge' | 'histogram'; labels: readonly string[] }>> =
  {
    http_server_request_duration_seconds: { type: 'histogram', labels: ['method', 'route', 'status'] },
    http_server_active_requests: { type: 'gauge', labels: [] },
    ardm_input_bytes_total: { type: 'counter', labels: ['operation'] },
    ardm_output_bytes_total: { type: 'counter', labels: ['operation'] },
    ardm_compression_ratio: { type: 'histogram', labels: [] },
    ardm_network_calls_total: { type: 'counter', labels: [] },
    ardm_batch_rows: { type: 'histogram', labels: [] },
    ardm_queue_depth: { type: 'gauge', labels: ['class'] },
    ardm_queue_wait_seconds: { type: 'histogram', labels: ['class'] },
    ardm_phase_seconds_total: { type: 'counter', labels: ['phase'] },
    ardm_problems_total: { type: 'counter', labels: ['code'] },
    ardm_session_restarts_total: { type: 'counter', labels: [] },
    ardm_task_retries_total: { type: 'counter', labels: [] },
    ardm_provider_info: { type: 'gauge', labels: ['provider', 'requested', 'products'] },
    nodejs_eventloop_lag_p99_seconds: { type: 'gauge', labels: [] },
    process_resident_memory_bytes: { type: 'gauge', labels: [] },
    ardm_jobs: { type: 'gauge', labels: ['state'] },
    ardm_jobs_waiting: { type: 'gauge', labels: [] },
    ardm_log_lines_lost_total: { type: 'counter', labels: [] },
    ardm_job_duration_seconds: { type: 'histogram', labels: [] },
  };
