package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"demo/ardm"
)

// begin recipe
const binaryType = "application/octet-stream"

var ctx = context.Background()

func newClient(url, key string) *ardm.ClientWithResponses {
	client, err := ardm.NewClientWithResponses(url, ardm.WithRequestEditorFn(
		func(_ context.Context, request *http.Request) error {
			request.Header.Set("X-API-Key", key)
			return nil
		}))
	check(err)
	return client
}

func digest(file []byte) *string {
	hash := sha256.Sum256(file)
	value := "sha-256=:" + base64.StdEncoding.EncodeToString(hash[:]) + ":"
	return &value
}

func roundTrip(client *ardm.ClientWithResponses, file []byte) []byte {
	params := ardm.CompressParams{ContentDigest: digest(file)}
	archive, err := client.CompressWithBodyWithResponse(ctx, &params, binaryType, bytes.NewReader(file))
	check(err)
	return decompress(client, archive.Body)
}

func decompress(client *ardm.ClientWithResponses, archive []byte) []byte {
	params := ardm.DecompressParams{ContentDigest: digest(archive)}
	answer, err := client.DecompressWithBodyWithResponse(ctx, &params, binaryType, bytes.NewReader(archive))
	check(err)
	if problem := answer.ApplicationproblemJSON422; problem != nil {
		log.Panicf("%s: %s", problem.Code, problem.Detail)
	}
	return answer.Body
}

// end recipe

var client *ardm.ClientWithResponses

func main() {
	url, binary, text := os.Args[1], read(os.Args[2]), read(os.Args[3])
	client = newClient(url, os.Args[4])
	list, err := client.ListModelsWithResponse(ctx, nil)
	check(err)
	model := list.JSON200.Models[0]

	same(roundTrip(client, binary), binary)
	fmt.Println("ok: round trip")

	calls := "64"
	archive := compress(ardm.CompressParams{Calls: &calls, Model: &model.Id, ContentDigest: digest(text)}, text).Body
	same(decompress(client, archive), text)
	fmt.Println("ok: round trip with calls")

	refused, err := client.DecompressWithBodyWithResponse(ctx, nil, binaryType, bytes.NewReader(binary))
	check(err)
	equal(refused.StatusCode(), 422)
	equal(refused.ApplicationproblemJSON422.Code, "not-an-archive")
	fmt.Println("ok: typed problem")

	noticed := compress(ardm.CompressParams{ContentDigest: digest(text)}, binary)
	equal(noticed.ApplicationproblemJSON400.Code, "content-digest-mismatch")
	fmt.Println("ok: digest")

	stored := compress(ardm.CompressParams{}, binary).Body
	ofStored, err := client.InspectWithBodyWithResponse(ctx, nil, binaryType, bytes.NewReader(stored))
	check(err)
	equal(int(ofStored.JSON200.OriginalSize), len(binary))
	equal(ofStored.JSON200.Segments[0].Model, nil)
	ofArchive, err := client.InspectWithBodyWithResponse(ctx, nil, binaryType, bytes.NewReader(archive))
	check(err)
	equal(*ofArchive.JSON200.Segments[0].Model, model.Id)
	equal(*ofArchive.JSON200.Segments[0].Calls, 64)
	fmt.Println("ok: inspect")

	compressed := submit(ardm.CreateJobParams{Operation: ardm.Compress, Calls: &calls, Model: &model.Id}, text)
	equal(compressed.State, ardm.Done)
	asked, err := compressed.Calls.AsJobCalls0()
	check(err)
	equal(asked, 64)
	equal(compressed.Failure, nil)
	equal(int(compressed.Result.Size), len(archive))
	result, err := client.GetResultWithResponse(ctx, compressed.Id, nil)
	check(err)
	same(result.Body, archive)
	restored := submit(ardm.CreateJobParams{Operation: ardm.Decompress}, result.Body)
	equal(restored.State, ardm.Done)
	equal(restored.Calls, nil)
	result, err = client.GetResultWithResponse(ctx, restored.Id, nil)
	check(err)
	same(result.Body, text)
	fmt.Println("ok: job")

	failed := submit(ardm.CreateJobParams{Operation: ardm.Decompress}, binary)
	equal(failed.State, ardm.Failed)
	equal(failed.Failure.Code, "not-an-archive")
	equal(failed.Result, nil)
	fmt.Println("ok: failed job")

	one, err := client.GetModelWithResponse(ctx, model.Id, nil)
	check(err)
	equal(one.JSON200.Hash, model.Hash)
	ready, err := client.GetReadinessWithResponse(ctx)
	check(err)
	equal(string(ready.JSON200.Status), "ready")
	contract, err := client.GetContractWithResponse(ctx)
	check(err)
	equal(strings.HasPrefix(string(contract.Body), "openapi: 3"), true)
	metrics, err := client.GetMetricsWithResponse(ctx)
	check(err)
	equal(strings.Contains(string(metrics.Body), "# HELP"), true)
	events, err := client.FollowJobWithResponse(ctx, failed.Id, nil)
	check(err)
	equal(strings.Contains(string(events.Body), "event: state"), true)
	deleted, err := client.DeleteJobWithResponse(ctx, failed.Id, nil)
	check(err)
	equal(deleted.StatusCode(), 204)
	page, err := client.ListJobsWithResponse(ctx, nil)
	check(err)
	equal(len(page.JSON200.Jobs) > 0, true)
	gone, err := client.GetJobWithResponse(ctx, failed.Id, nil)
	check(err)
	equal(gone.ApplicationproblemJSON404.Code, "job-not-found")
	fmt.Println("ok: other operations")
}

func compress(params ardm.CompressParams, file []byte) *ardm.CompressResponse {
	answer, err := client.CompressWithBodyWithResponse(ctx, &params, binaryType, bytes.NewReader(file))
	check(err)
	return answer
}

func submit(params ardm.CreateJobParams, file []byte) *ardm.Job {
	key := fmt.Sprint(time.Now().UnixNano())
	params.ContentDigest, params.IdempotencyKey = digest(file), &key
	created, err := client.CreateJobWithBodyWithResponse(ctx, &params, binaryType, bytes.NewReader(file))
	check(err)
	job := created.JSON202
	for job.State == ardm.Queued || job.State == ardm.Active {
		time.Sleep(100 * time.Millisecond)
		answer, err := client.GetJobWithResponse(ctx, job.Id, nil)
		check(err)
		job = answer.JSON200
	}
	return job
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	check(err)
	return content
}

func same(actual, expected []byte) {
	if !bytes.Equal(actual, expected) {
		log.Fatalf("%d bytes are not the %d that they should be", len(actual), len(expected))
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
