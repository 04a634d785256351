package dev.inferscale.signals.profile;

/// Levels that one target tells about itself now. Units are ours, whatever the engine's were.
public enum Gauge {
  REQUESTS_WAITING,
  REQUESTS_RUNNING,
  TOKENS_RUNNING,
  TOKENS_WAITING,
  /// Age in seconds of the request at the head of the queue.
  QUEUE_OLDEST_SECONDS,
  /// 0-1, capacity-weighted over the engines of the target.
  KV_CACHE_UTILIZATION,
  KV_CACHE_CAPACITY_TOKENS,
  /// Mean prompt length over the engine's lifetime; the estimate of waiting tokens falls back to
  /// it.
  LIFETIME_PROMPT_TOKENS_PER_REQUEST,
  /// Sum over the target's GPUs of their 0-1 utilisation; divide by `GPUS`.
  GPU_UTILIZATION_SUM,
  GPUS,
  GPU_MEMORY_USED_BYTES,
  GPU_MEMORY_TOTAL_BYTES
}
