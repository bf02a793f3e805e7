import java.io.File;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.CompressionApi;
import org.openapitools.client.api.JobsApi;
import org.openapitools.client.api.ModelsApi;
import org.openapitools.client.api.OperationApi;
import org.openapitools.client.model.Archive;
import org.openapitools.client.model.Job;
import org.openapitools.client.model.JobState;
import org.openapitools.client.model.Model;
import org.openapitools.client.model.Operation;
import org.openapitools.client.model.Problem;

/** What both libraries of the Java generator are held to; Recipe is of the one that is tried. */
public final class Main {
  static JobsApi jobs;

  public static void main(String[] args) throws Exception {
    ApiClient client = Recipe.client(args[0], args[3]);
    File binary = new File(args[1]);
    File text = new File(args[2]);
    CompressionApi api = new CompressionApi(client);
    ModelsApi models = new ModelsApi(client);
    jobs = new JobsApi(client);
    Model model = models.listModels(null).getModels().get(0);

    same(binary, Recipe.roundTrip(client, binary));
    System.out.println("ok: round trip");

    File archive = api.compress("64", model.getId(), null, Recipe.digest(text), null, null, null, null, null, text);
    same(text, api.decompress(archive, Recipe.digest(archive), null, null, null, null, null));
    System.out.println("ok: round trip with calls");

    Problem refused = refusal(422, () -> api.decompress(binary, null, null, null, null, null, null));
    equal(refused.getCode(), "not-an-archive");
    equal(refused.getStatus(), 422);
    System.out.println("ok: typed problem");

    equal(refusal(400, () -> api.compress(null, null, null, Recipe.digest(text), null, null, null, null, null, binary)).getCode(), "content-digest-mismatch");
    System.out.println("ok: digest");

    File stored = api.compress(null, null, null, null, null, null, null, null, null, binary);
    Archive ofStored = api.inspect(stored, null, null);
    equal(ofStored.getOriginalSize(), binary.length());
    equal(ofStored.getSegments().get(0).getModel(), null);
    Archive ofArchive = api.inspect(archive, Recipe.digest(archive), null);
    equal(ofArchive.getSegments().get(0).getModel(), model.getId());
    equal(ofArchive.getSegments().get(0).getCalls(), 64);
    System.out.println("ok: inspect");

    Job compressed = finished(submit(Operation.COMPRESS, "64", model.getId(), text));
    equal(compressed.getState(), JobState.DONE);
    equal(compressed.getCalls().getInteger(), 64);
    equal(compressed.getFailure(), null);
    equal(compressed.getResult().getSize(), archive.length());
    File result = jobs.getResult(compressed.getId(), null, null, null, null, null);
    same(archive, result);
    Job restored = finished(submit(Operation.DECOMPRESS, null, null, result));
    equal(restored.getState(), JobState.DONE);
    equal(restored.getCalls(), null);
    same(text, jobs.getResult(restored.getId(), null, null, null, null, null));
    System.out.println("ok: job");

    Job failed = finished(submit(Operation.DECOMPRESS, null, null, binary));
    equal(failed.getState(), JobState.FAILED);
    equal(failed.getFailure().getCode(), "not-an-archive");
    equal(failed.getResult(), null);
    System.out.println("ok: failed job");

    OperationApi operation = new OperationApi(client);
    equal(models.getModel(model.getId(), null).getHash(), model.getHash());
    equal(operation.getReadiness().getStatus().getValue(), "ready");
    equal(operation.getContract().startsWith("openapi: 3"), true);
    equal(operation.getMetrics().contains("# HELP"), true);
    equal(Recipe.events(client, args[3], failed).contains("event: state"), true);
    equal(jobs.deleteJob(failed.getId(), null), null);
    equal(jobs.listJobs(null, null, null).getJobs().isEmpty(), false);
    equal(refusal(404, () -> jobs.getJob(failed.getId(), null)).getCode(), "job-not-found");
    System.out.println("ok: other operations");
    System.exit(0);
  }

  static Job submit(Operation operation, String calls, String model, File file) throws Exception {
    String key = UUID.randomUUID().toString();
    return jobs.createJob(operation, calls, model, null, key, Recipe.digest(file), null, null, null, null, null, file);
  }

  static Job finished(Job job) throws Exception {
    while (job.getState() == JobState.QUEUED || job.getState() == JobState.ACTIVE) {
      Thread.sleep(100);
      job = jobs.getJob(job.getId(), null);
    }
    return job;
  }

  static Problem refusal(int status, Callable<?> call) throws Exception {
    try {
      call.call();
    } catch (ApiException error) {
      equal(error.getCode(), status);
      return Recipe.problem(error);
    }
    throw new AssertionError("not refused with " + status);
  }

  static void same(File expected, File actual) throws Exception {
    if (!Arrays.equals(Files.readAllBytes(expected.toPath()), Files.readAllBytes(actual.toPath()))) {
      throw new AssertionError(actual + " is not " + expected);
    }
  }

  static void equal(Object actual, Object expected) {
    if (actual instanceof Number && expected instanceof Number) {
      actual = ((Number) actual).longValue();
      expected = ((Number) expected).longValue();
    }
    if (!Objects.equals(actual, expected)) throw new AssertionError(actual + " in place of " + expected);
  }
}
