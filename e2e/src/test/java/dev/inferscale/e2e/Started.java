package dev.inferscale.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A program of ours, started through the launcher as a user starts it, from the packages that this
/// build has made. Its output is read as it comes; [#close] ends it with all its children.
public final class Started implements AutoCloseable {
  /// For whatever is awaited of a process; on a busy machine nothing takes nearly as long.
  public static final Duration LIMIT = Duration.ofSeconds(60);

  private static final List<String> INTERRUPTIBLE = interruptible();

  /// What has not been closed ends with this JVM, as when a bench is interrupted.
  private static final Set<Started> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().unstarted(() -> OPEN.forEach(Started::close)));
  }

  private final Process process;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<Thread> readers;

  /// Starts `inferscale ARGS`.
  ///
  /// @param temporary folder for its temporary files
  public static Started inferscale(Path temporary, String... args) throws IOException {
    return by(launcher(), temporary, args);
  }

  /// The one of this tree.
  static Path launcher() {
    return SourceTree.root().resolve("inferscale");
  }

  /// Starts `inferscale ARGS` by that launcher.
  ///
  /// @param temporary folder for its temporary files
  static Started by(Path launcher, Path temporary, String... args) throws IOException {
    assertThat(SourceTree.root().resolve("app/target/lib"))
        .as("the distribution, which mvn verify packages before it comes here")
        .isDirectory();
    List<String> words = new ArrayList<>(INTERRUPTIBLE);
    words.add(launcher.toString());
    words.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().keySet().removeIf(name -> name.startsWith("INFERSCALE_"));
    builder.environment().put("INFERSCALE_BUILT", "1");
    builder.environment().put("INFERSCALE_JAVA_OPTS", "-Djava.io.tmpdir=" + temporary);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return new Started(builder.start());
  }

  /// Starts `inferscale serve FLAGS` by that launcher, on free ports, with one pool `serving/chat`
  /// whose only endpoint is not there.
  ///
  /// @param temporary folder for the pools file and for temporary files
  static Started plane(Path launcher, Path temporary, String... flags) throws IOException {
    Path pools =
        Files.writeString(
            temporary.resolve("pools.yaml"),
            """
            apiVersion: inferscale.dev/v1alpha1
            kind: ModelPool
            metadata: {name: chat, namespace: serving}
            spec: {model: m, source: {endpoints: ["http://127.0.0.1:1/metrics"]}}
            """);
    Stream<String> serve =
        Stream.of(
            "serve", "--pools", pools.toString(), "--observation.port", "0", "--adapter.port", "0");
    return by(launcher, temporary, Stream.concat(serve, Stream.of(flags)).toArray(String[]::new));
  }

  private Started(Process process) {
    this.process = process;
    this.readers =
        List.of(
            reader(() -> follow(process.getInputStream(), out)),
            reader(() -> follow(process.getErrorStream(), err)));
    OPEN.add(this);
  }

  /// A shell that starts a command in the background makes it deaf to SIGINT, and its children too.
  private static List<String> interruptible() {
    List<String> env = List.of("env", "--default-signal=INT");
    try {
      Process tried =
          new ProcessBuilder(Stream.concat(env.stream(), Stream.of("true")).toList()).start();
      return tried.waitFor() == 0 ? env : List.of();
    } catch (IOException _) {
      return List.of();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A thread of the system: reading a pipe holds the carrier of a virtual one, and of those there
  /// are as few as processors.
  private static Thread reader(Runnable follow) {
    return Thread.ofPlatform().daemon().start(follow);
  }

  private static void follow(InputStream stream, ByteArrayOutputStream bytes) {
    try (stream) {
      stream.transferTo(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Passes this on its standard input, to the end.
  Started given(byte[] input) throws IOException {
    process.getOutputStream().write(input);
    process.getOutputStream().close();
    return this;
  }

  /// Its standard output so far.
  public String out() {
    return out.toString(UTF_8);
  }

  /// Its standard error so far.
  public String err() {
    return err.toString(UTF_8);
  }

  /// The lines of standard error that are for people: a program begins them with its name.
  public List<String> sentences(String program) {
    return err().lines().filter(line -> line.startsWith(program + ": ")).toList();
  }

  /// How many lines it has logged, on either stream, that hold those words.
  public long logged(String words) {
    return Stream.of(out(), err())
        .flatMap(String::lines)
        .filter(line -> line.contains(words))
        .count();
  }

  /// Waits until it has said that, on either stream, and gives the match.
  public MatchResult awaitSaid(Pattern words) {
    await().atMost(LIMIT).untilAsserted(() -> assertThat(said(words)).as(this::toString).isTrue());
    return Stream.of(out(), err())
        .flatMap(text -> words.matcher(text).results())
        .findFirst()
        .orElseThrow();
  }

  private boolean said(Pattern words) {
    return words.matcher(out()).find() || words.matcher(err()).find();
  }

  /// Its children, once there are that many, with theirs.
  public List<ProcessHandle> awaitChildren(int count) {
    return await()
        .atMost(LIMIT)
        .until(() -> process.descendants().toList(), children -> children.size() >= count);
  }

  /// The program's own: the launcher becomes it.
  public long pid() {
    return process.pid();
  }

  /// Sends a signal by its name, such as `TERM`.
  public void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /// Waits for the end and gives the exit status, with all output read.
  public int status() throws InterruptedException {
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).as(this::toString).isTrue();
    for (Thread reader : readers) {
      reader.join();
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    OPEN.remove(this);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public String toString() {
    return "process " + process.pid() + "\nout: " + out() + "\nerr: " + err();
  }
}
