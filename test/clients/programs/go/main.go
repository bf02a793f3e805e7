package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"demo/ardm"
)

// begin recipe
var ctx = context.Background()

func newClient(url, key string) *ardm.APIClient {
	configuration := ardm.NewConfiguration()
	configuration.AddDefaultHeader("X-API-Key", key)
	configuration.Servers = ardm.ServerConfigurations{{URL: url}}
	return ardm.NewAPIClient(configuration)
}

func open(path string) (*os.File, string) {
	content, err := os.ReadFile(path)
	check(err)
	file, err := os.Open(path)
	check(err)
	hash := sha256.Sum256(content)
	return file, "sha-256=:" + base64.StdEncoding.EncodeToString(hash[:]) + ":"
}

func roundTrip(client *ardm.APIClient, path string) *os.File {
	file, digest := open(path)
	archive, _, err := client.CompressionAPI.Compress(ctx).ContentDigest(digest).Body(file).Execute()
	check(err)
	file, digest = open(archive.Name())
	original, _, err := client.CompressionAPI.Decompress(ctx).ContentDigest(digest).Body(file).Execute()
	check(err)
	return original
}

func problem(err error) ardm.Problem {
	return err.(*ardm.GenericOpenAPIError).Model().(ardm.Problem)
}

// end recipe

var client *ardm.APIClient

func main() {
	url, binary, text, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	client = newClient(url, key)
	api := client.CompressionAPI
	list, _, err := client.ModelsAPI.ListModels(ctx).Execute()
	check(err)
	model := list.Models[0]

	same(roundTrip(client, binary), binary)
	fmt.Println("ok: round trip")

	file, digest := open(text)
	archive, _, err := api.Compress(ctx).Calls("64").Model(model.Id).ContentDigest(digest).Body(file).Execute()
	check(err)
	file, digest = open(archive.Name())
	original, _, err := api.Decompress(ctx).ContentDigest(digest).Body(file).Execute()
	check(err)
	same(original, text)
	fmt.Println("ok: round trip with calls")

	file, _ = open(binary)
	_, answer, err := api.Decompress(ctx).Body(file).Execute()
	equal(answer.StatusCode, 422)
	equal(problem(err).Code, "not-an-archive")
	fmt.Println("ok: typed problem")

	file, _ = open(binary)
	_, digest = open(text)
	_, _, err = api.Compress(ctx).ContentDigest(digest).Body(file).Execute()
	equal(problem(err).Code, "content-digest-mismatch")
	fmt.Println("ok: digest")

	file, _ = open(binary)
	stored, _, err := api.Compress(ctx).Body(file).Execute()
	check(err)
	file, _ = open(stored.Name())
	ofStored, _, err := api.Inspect(ctx).Body(file).Execute()
	check(err)
	equal(ofStored.OriginalSize, int64(len(read(binary))))
	equal(ofStored.Segments[0].Model.Get(), (*string)(nil))
	file, _ = open(archive.Name())
	ofArchive, _, err := api.Inspect(ctx).Body(file).Execute()
	check(err)
	equal(*ofArchive.Segments[0].Model.Get(), model.Id)
	equal(*ofArchive.Segments[0].Calls.Get(), int32(64))
	fmt.Println("ok: inspect")

	compressed := submit(client.JobsAPI.CreateJob(ctx).Operation(ardm.COMPRESS).Calls("64").Model(model.Id), text)
	equal(compressed.State, ardm.DONE)
	equal(*compressed.Calls.Get().Int32, int32(64))
	equal(compressed.Failure.Get(), (*ardm.JobFailure)(nil))
	equal(compressed.Result.Get().Size, int64(len(read(archive.Name()))))
	result, _, err := client.JobsAPI.GetResult(ctx, compressed.Id).Execute()
	check(err)
	same(result, archive.Name())
	restored := submit(client.JobsAPI.CreateJob(ctx).Operation(ardm.DECOMPRESS), result.Name())
	equal(restored.State, ardm.DONE)
	equal(restored.Calls.Get(), (*ardm.JobCalls)(nil))
	original, _, err = client.JobsAPI.GetResult(ctx, restored.Id).Execute()
	check(err)
	same(original, text)
	fmt.Println("ok: job")

	failed := submit(client.JobsAPI.CreateJob(ctx).Operation(ardm.DECOMPRESS), binary)
	equal(failed.State, ardm.FAILED)
	equal(failed.Failure.Get().Code, "not-an-archive")
	equal(failed.Result.Get(), (*ardm.JobResult)(nil))
	fmt.Println("ok: failed job")

	one, _, err := client.ModelsAPI.GetModel(ctx, model.Id).Execute()
	check(err)
	equal(one.Hash, model.Hash)
	ready, _, err := client.OperationAPI.GetReadiness(ctx).Execute()
	check(err)
	equal(ready.Status, "ready")
	contract, _, err := client.OperationAPI.GetContract(ctx).Execute()
	check(err)
	equal(strings.HasPrefix(contract, "openapi: 3"), true)
	metrics, _, err := client.OperationAPI.GetMetrics(ctx).Execute()
	check(err)
	equal(strings.Contains(metrics, "# HELP"), true)
	events, _, err := client.JobsAPI.FollowJob(ctx, failed.Id).Execute()
	check(err)
	equal(strings.Contains(events, "event: state"), true)
	_, answer, err = client.JobsAPI.DeleteJob(ctx, failed.Id).Execute()
	check(err)
	equal(answer.StatusCode, 204)
	page, _, err := client.JobsAPI.ListJobs(ctx).Execute()
	check(err)
	equal(len(page.Jobs) > 0, true)
	_, _, err = client.JobsAPI.GetJob(ctx, failed.Id).Execute()
	equal(problem(err).Code, "job-not-found")
	fmt.Println("ok: other operations")
}

func submit(request ardm.ApiCreateJobRequest, path string) *ardm.Job {
	file, digest := open(path)
	job, _, err := request.ContentDigest(digest).IdempotencyKey(fmt.Sprint(time.Now().UnixNano())).Body(file).Execute()
	check(err)
	for job.State == ardm.QUEUED || job.State == ardm.ACTIVE {
		time.Sleep(100 * time.Millisecond)
		job, _, err = client.JobsAPI.GetJob(ctx, job.Id).Execute()
		check(err)
	}
	return job
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	check(err)
	return content
}

func same(file *os.File, path string) {
	if !bytes.Equal(read(file.Name()), read(path)) {
		log.Fatalf("%s is not %s", file.Name(), path)
	}
}

func equal[T comparable](actual, expected T) {
	if actual != expected {
		log.Fatalf("%v in place of %v", actual, expected)
	}
}

func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}
