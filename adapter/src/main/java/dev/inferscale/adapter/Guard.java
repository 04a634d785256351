package dev.inferscale.adapter;

import dev.inferscale.adapter.auth.Caller;
import dev.inferscale.adapter.auth.Gate;
import dev.inferscale.adapter.auth.Refusal;
import dev.inferscale.adapter.auth.Verdict;
import dev.inferscale.adapter.wire.Page;
import dev.inferscale.adapter.wire.Request;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.HttpString;
import io.undertow.util.SameThreadExecutor;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/// The gate of one server.
///
/// @param paths how its paths are read
/// @param refused the page for whom it does not let in
record Guard(Gate gate, Gate.Paths paths, Function<Refusal, Page> refused) {

  /// Finds out whether a request is to be answered.
  ///
  /// @param inFlight where it has a place, and needs another one to wait
  /// @param decided is given nothing where it is, else the page of the refusal; always on the
  ///   exchange's IO thread, but perhaps later
  void pass(
      HttpServerExchange exchange,
      Request request,
      InFlight inFlight,
      Consumer<Optional<Page>> decided) {
    Caller caller = caller(exchange);
    Verdict verdict = gate.judge(request, paths, caller);
    if (!(verdict instanceof Verdict.Undecided undecided)) {
      decided.accept(page(verdict));
      return;
    }
    if (!inFlight.await()) {
      decided.accept(Optional.of(refused.apply(Refusal.tooManyWait())));
      return;
    }
    Consumer<Verdict> later =
        answer -> {
          inFlight.waited();
          exchange.getIoThread().execute(() -> decided.accept(page(answer)));
        };
    // Undertow takes the end of the handler for the end of the exchange unless it is dispatched.
    exchange.dispatch(
        SameThreadExecutor.INSTANCE, () -> gate.ask(undecided, request, paths, caller, later));
  }

  private Optional<Page> page(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Admitted _ -> Optional.empty();
      case Verdict.Refused(Refusal refusal) -> Optional.of(refused.apply(refusal));
      case Verdict.Undecided _ -> throw new IllegalStateException("a gate that asks decides");
    };
  }

  private static Caller caller(HttpServerExchange exchange) {
    return new Caller(
        chain(exchange.getConnection().getSslSession()),
        new ExchangeHeaders(exchange.getRequestHeaders()),
        exchange.getSourceAddress().getAddress());
  }

  private static List<X509Certificate> chain(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return Arrays.stream(chain).map(X509Certificate.class::cast).toList();
    } catch (SSLPeerUnverifiedException none) {
      return List.of();
    }
  }

  private record ExchangeHeaders(HeaderMap map) implements Caller.Headers {
    @Override
    public List<String> all(String name) {
      HeaderValues values = map.get(name);
      return values == null ? List.of() : List.copyOf(values);
    }

    @Override
    public Collection<String> names() {
      return map.getHeaderNames().stream().map(HttpString::toString).toList();
    }
  }
}
