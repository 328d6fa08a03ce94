// Package blobtest gives each test a bucket of its own in the real object store.
package blobtest

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"cunfen/internal/blob"
)

// Store is one test's bucket, with a way past the program that somebody with its key would have.
type Store struct {
	*blob.Store
	client *minio.Client
	bucket string
}

// Config is where TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY and TEST_S3_SECRET_KEY point, with a new bucket name.
func Config(t testing.TB) blob.Config {
	t.Helper()
	c := blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"),
		SecretKey: os.Getenv("TEST_S3_SECRET_KEY"), Bucket: "cunfen-test-" + uuid.NewString()}
	if c.Endpoint == "" {
		t.Fatal("TEST_S3_ENDPOINT is not set: run the tests by make test, or inside cunfen dev exec")
	}
	return c
}

// New makes a private bucket that is gone with the test.
func New(t testing.TB) *Store {
	t.Helper()
	c := Config(t)
	client, err := minio.New(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(c)
	if err == nil {
		err = store.EnsureBucket(context.Background())
	}
	if err != nil {
		t.Fatalf("blobtest: %v", err)
	}
	s := &Store{store, client, c.Bucket}
	t.Cleanup(func() { s.clear(t) })
	return s
}

func (s *Store) clear(t testing.TB) {
	ctx := context.Background()
	for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true}) {
		_ = s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{})
	}
	if err := s.client.RemoveBucket(ctx, s.bucket); err != nil {
		t.Errorf("blobtest: %v", err)
	}
}

// Tamper writes an object past the program.
func (s *Store) Tamper(t testing.TB, key string, data []byte) {
	t.Helper()
	if _, err := s.client.PutObject(context.Background(), s.bucket, key, bytes.NewReader(data), int64(len(data)), minio.PutObjectOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Lose deletes an object past the program.
func (s *Store) Lose(t testing.TB, key string) {
	t.Helper()
	if err := s.client.RemoveObject(context.Background(), s.bucket, key, minio.RemoveObjectOptions{}); err != nil {
		t.Fatal(err)
	}
}

// Copy puts what one bucket holds into another, which is there already.
func Copy(t testing.TB, from, to string) {
	t.Helper()
	c := Config(t)
	client, err := minio.New(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	for o := range client.ListObjectsIter(t.Context(), from, minio.ListObjectsOptions{Recursive: true}) {
		err := o.Err
		if err == nil {
			_, err = client.CopyObject(t.Context(), minio.CopyDestOptions{Bucket: to, Object: o.Key}, minio.CopySrcOptions{Bucket: from, Object: o.Key})
		}
		if err != nil {
			t.Fatalf("blobtest: %v", err)
		}
	}
}
