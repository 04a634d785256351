package dev.inferscale.launch;

import static ch.qos.logback.classic.Level.convertAnSLF4JLevel;
import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import org.slf4j.event.KeyValuePair;
import org.slf4j.event.Level;

/// One flat JSON object per log event, on standard error:
/// `{"timestamp":"2026-11-25T03:52:34.120Z","severity":"INFO","program":"inference-worker","logger":"…","message":"…","port":8000}`.
///
/// Fields of SLF4J's fluent API stand at the top level under their own names and types. A sink that
/// is blocked never blocks a program: events are handed to one thread over a bounded queue, and
/// dropped and counted when it is full.
public final class Logs {
  /// No text field is longer than this many characters.
  static final int MAX_FIELD = 8 * 1024;

  private static final int QUEUE = 4096;
  private static final int FLUSH_MILLIS = 1000;
  private static final List<String> NOISY = List.of("io.undertow", "org.xnio", "org.jboss");
  private static final LongAdder DROPPED = new LongAdder();

  private Logs() {}

  /// Starts logging for this process; also sends exceptions that no thread caught there, and what
  /// libraries tell the JDK's own loggers.
  ///
  /// @param program the `program` field of every line
  public static void start(String program, Level level) {
    configure(context(), program, level);
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    Thread.setDefaultUncaughtExceptionHandler((thread, fault) ->
        LoggerFactory.getLogger(Logs.class)
            .atError()
            .setMessage("uncaught exception")
            .addKeyValue("thread", thread.getName())
            .setCause(fault)
            .log());
  }

  /// Writes what is queued, for at most a second, and ends logging.
  public static void stop() {
    context().stop();
  }

  /// Events lost since the start because the sink was slower than the program.
  public static long dropped() {
    return DROPPED.sum();
  }

  private static LoggerContext context() {
    return (LoggerContext) LoggerFactory.getILoggerFactory();
  }

  private static void configure(LoggerContext context, String program, Level level) {
    context.reset();
    JsonLines encoder = new JsonLines(program);
    encoder.setContext(context);
    encoder.start();
    ConsoleAppender<ILoggingEvent> sink = new ConsoleAppender<>();
    sink.setContext(context);
    sink.setTarget("System.err");
    sink.setEncoder(encoder);
    sink.start();
    Queued queue = new Queued();
    queue.setContext(context);
    queue.setName("stderr");
    queue.setQueueSize(QUEUE);
    queue.setDiscardingThreshold(0);
    queue.setNeverBlock(true);
    queue.setMaxFlushTime(FLUSH_MILLIS);
    queue.addAppender(sink);
    queue.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.setLevel(convertAnSLF4JLevel(level));
    root.addAppender(queue);
    Level quieter = level == Level.ERROR ? Level.ERROR : Level.WARN;
    NOISY.forEach(name -> context.getLogger(name).setLevel(convertAnSLF4JLevel(quieter)));
  }

  /// Found by Logback as a service: until a program calls [Logs#start], warnings only, so that no
  /// library's chatter mixes with what a command prints.
  public static final class Quiet extends ContextAwareBase implements Configurator {
    @Override
    public ExecutionStatus configure(LoggerContext context) {
      Logs.configure(context, "inferscale", Level.WARN);
      return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
  }

  private static final class Queued extends AsyncAppender {
    @Override
    protected void append(ILoggingEvent event) {
      if (getRemainingCapacity() == 0) {
        DROPPED.increment();
      }
      super.append(event);
    }
  }

  /// Turns an event into its line.
  static final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};
    private static final HexFormat HEX = HexFormat.of();
    private static final DateTimeFormatter RFC_3339 =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final List<String> CONTEXT_IDS =
        List.of("trace_id", "span_id", "trace_flags", "request_id");

    private final String program;

    JsonLines(String program) {
      this.program = program;
    }

    @Override
    public byte[] headerBytes() {
      return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
      return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
      StringBuilder line = new StringBuilder(256);
      char separator = '{';
      for (Map.Entry<String, @Nullable Object> field : fields(event).entrySet()) {
        line.append(separator);
        appendText(line, field.getKey());
        line.append(':');
        appendValue(line, field.getValue());
        separator = ',';
      }
      return line.append("}\n").toString().getBytes(UTF_8);
    }

    /// A map, so that no name stands twice in a line.
    private Map<String, @Nullable Object> fields(ILoggingEvent event) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      fields.put("timestamp", RFC_3339.format(Instant.ofEpochMilli(event.getTimeStamp())));
      fields.put("severity", event.getLevel().toString());
      fields.put("program", program);
      fields.put("logger", event.getLoggerName());
      fields.put("message", event.getFormattedMessage());
      for (String id : CONTEXT_IDS) {
        String value = event.getMDCPropertyMap().get(id);
        if (value != null) {
          fields.put(id, value);
        }
      }
      putError(fields, event.getThrowableProxy());
      for (KeyValuePair pair :
          Objects.requireNonNullElse(event.getKeyValuePairs(), List.<KeyValuePair>of())) {
        // A caller's field never replaces one of the line's own.
        fields.put(fields.containsKey(pair.key) ? "field." + pair.key : pair.key, pair.value);
      }
      return fields;
    }

    private static void putError(
        Map<String, @Nullable Object> fields, @Nullable IThrowableProxy error) {
      if (error != null) {
        fields.put("error.type", error.getClassName());
        fields.put("error.message", error.getMessage());
        fields.put("error.stack", ThrowableProxyUtil.asString(error));
      }
    }

    private static void appendValue(StringBuilder line, @Nullable Object value) {
      switch (value) {
        case null -> line.append("null");
        case Boolean bool -> line.append(bool);
        case Double number when !Double.isFinite(number) -> appendText(line, number.toString());
        case Float number when !Float.isFinite(number) -> appendText(line, number.toString());
        case Number number -> line.append(number);
        default -> appendText(line, text(value));
      }
    }

    private static String text(Object value) {
      try {
        return String.valueOf(value.toString());
      } catch (RuntimeException e) {
        // A field that cannot be shown must not cost the whole event.
        return "(" + e.getClass().getName() + " in toString of " + value.getClass().getName() + ")";
      }
    }

    private static void appendText(StringBuilder line, String text) {
      int end = Math.min(text.length(), MAX_FIELD);
      line.append('"');
      for (int i = 0; i < end; i++) {
        char c = text.charAt(i);
        switch (c) {
          case '"', '\\' -> line.append('\\').append(c);
          case '\n' -> line.append("\\n");
          case '\t' -> line.append("\\t");
          default -> {
            if (needsEscape(c)) {
              line.append("\\u").append(HEX.toHexDigits(c));
            } else {
              line.append(c);
            }
          }
        }
      }
      line.append('"');
    }

    /// Control characters, and the two separators that some readers take for the end of a line. A
    /// lone surrogate becomes `?` when the line is encoded.
    private static boolean needsEscape(char c) {
      return Character.isISOControl(c) || c == 0x2028 || c == 0x2029;
    }
  }
}
