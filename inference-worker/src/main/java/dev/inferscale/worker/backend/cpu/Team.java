package dev.inferscale.worker.backend.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A fixed number of threads that share the tasks of one round at a time.
///
/// The owner (the engine thread) starts a round and works in it itself; helpers join when they wake
/// up. Tasks are claimed one by one, so a helper that the machine is too busy to run delays nobody:
/// the owner waits only for tasks that were begun. Which thread runs a task never shows in results.
final class Team implements AutoCloseable {
  /// Below this a round is over before a helper has woken up. In multiply-adds of one row.
  private static final long LEAST_WORK = 1 << 20;

  /// How long a helper looks for the next round before it sleeps: some tens of microseconds, about
  /// the pause between two products of one step.
  private static final int SPINS = 1000;

  private final Thread[] helpers;

  /// The latest round; helpers compare it with the one they last worked in.
  private volatile @Nullable Round round;

  private volatile boolean closed;

  /// Something that can be done many times at once.
  interface Task {
    /// Does one part of a round.
    ///
    /// @param index the part, from 0
    /// @param worker the thread, from 0; it runs one part at a time
    void run(int index, int worker);
  }

  /// @param threads the owner included; at least 1
  Team(int threads) {
    helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      int worker = i + 1;
      helpers[i] = Thread.ofPlatform().daemon().name("compute-" + worker).start(() -> help(worker));
    }
  }

  /// Threads that may run tasks: `worker` is from 0 to this, exclusive.
  int size() {
    return helpers.length + 1;
  }

  /// Runs all tasks and returns when all are done.
  ///
  /// @param work estimate of the whole, which decides whether helpers are woken
  void run(int tasks, long work, Task task) {
    if (helpers.length == 0 || tasks < 2 || work < LEAST_WORK) {
      for (int i = 0; i < tasks; i++) {
        task.run(i, 0);
      }
      return;
    }
    var current = new Round(task, tasks, Thread.currentThread());
    round = current;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    current.work(0);
    current.await();
  }

  private void help(int worker) {
    Round last = null;
    int idle = SPINS;
    while (!closed) {
      Round current = round;
      if (current != last && current != null) {
        current.work(worker);
        last = current;
        idle = 0;
      } else if (idle < SPINS) {
        idle++;
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Thread helper : helpers) {
      LockSupport.unpark(helper);
    }
    for (Thread helper : helpers) {
      join(helper);
    }
  }

  private static void join(Thread helper) {
    try {
      helper.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Round {
    private final Task task;
    private final int tasks;
    private final Thread owner;
    private final AtomicInteger claimed = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();

    /// Read by the owner after the last task is done.
    private volatile @Nullable Throwable failure;

    Round(Task task, int tasks, Thread owner) {
      this.task = task;
      this.tasks = tasks;
      this.owner = owner;
    }

    void work(int worker) {
      for (int i = claimed.getAndIncrement(); i < tasks; i = claimed.getAndIncrement()) {
        try {
          task.run(i, worker);
        } catch (RuntimeException | Error failed) {
          failure = failed;
        }
        if (done.incrementAndGet() == tasks && worker != 0) {
          LockSupport.unpark(owner);
        }
      }
    }

    void await() {
      for (int spins = 0; done.get() < tasks; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
        }
      }
      if (failure != null) {
        throw new IllegalStateException("a compute task failed", failure);
      }
    }
  }
}
