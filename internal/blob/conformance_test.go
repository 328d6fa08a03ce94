package blob

// What the program leans on in an S3 store. It runs against any store: set TEST_S3_ENDPOINT,
// TEST_S3_ACCESS_KEY and TEST_S3_SECRET_KEY to another one and run this package's tests.

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/minio/minio-go/v7"

	"cunfen/internal/actor"
)

func config(t testing.TB) Config {
	t.Helper()
	c := Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), SecretKey: os.Getenv("TEST_S3_SECRET_KEY"),
		Bucket: "cunfen-test-" + uuid.NewString()}
	if c.Endpoint == "" {
		t.Fatal("TEST_S3_ENDPOINT is not set: run the tests by make test")
	}
	return c
}

// store makes a bucket that is gone with the test.
func store(t testing.TB) *Store {
	t.Helper()
	s, err := Open(config(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureBucket(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Recursive: true}) {
			_ = s.client.RemoveObject(ctx, s.bucket, o.Key, minio.RemoveObjectOptions{})
		}
		if err := s.client.RemoveBucket(ctx, s.bucket); err != nil {
			t.Errorf("bucket: %v", err)
		}
	})
	return s
}

func photo(v actor.VillageID) Key { return EvidenceKey(v, time.Now(), uuid.Must(uuid.NewV7())) }

func TestConformance(t *testing.T) {
	t.Parallel()
	s := store(t)
	ctx := context.Background()
	fatal := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(t *testing.T, got, want error) {
		t.Helper()
		if !errors.Is(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	put := func(t *testing.T, k Key, data string) {
		t.Helper()
		fatal(t, s.Put(ctx, k, []byte(data), "image/jpeg"))
	}
	same := func(t *testing.T, k Key, data []byte) {
		t.Helper()
		got, err := s.Get(ctx, k, 64<<20)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes back of %d: %v", len(got), len(data), err)
		}
	}
	anonymous := func(t *testing.T, method, path string, body io.Reader) {
		t.Helper()
		r, _ := http.NewRequestWithContext(ctx, method, "http://"+os.Getenv("TEST_S3_ENDPOINT")+"/"+s.bucket+path, body)
		answer, err := http.DefaultClient.Do(r)
		fatal(t, err)
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusForbidden && answer.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s %s: %s", method, path, answer.Status)
		}
	}
	for _, c := range []struct {
		behaviour string
		try       func(*testing.T)
	}{
		{"a bucket that is there is left alone", func(t *testing.T) { fatal(t, s.EnsureBucket(ctx)) }},
		{"a new bucket has no public policy", func(t *testing.T) {
			policy, err := s.client.Client.GetBucketPolicy(ctx, s.bucket)
			if err != nil || policy != "" {
				t.Errorf("%q %v", policy, err)
			}
		}},
		{"bytes come back as they went", func(t *testing.T) {
			k, all := photo(1), make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			fatal(t, s.Put(ctx, k, all, "image/jpeg"))
			same(t, k, all)
		}},
		{"an empty object", func(t *testing.T) { k := photo(1); put(t, k, ""); same(t, k, nil) }},
		{"9 MB in one piece", func(t *testing.T) {
			k, big := photo(1), bytes.Repeat([]byte("村分积分"), 9<<20/12)
			fatal(t, s.Put(ctx, k, big, "application/pdf"))
			same(t, k, big)
		}},
		{"a notice's key", func(t *testing.T) {
			k := NoticeKey(1, 202611, 1, "a4.pdf")
			put(t, k, "%PDF")
			same(t, k, []byte("%PDF"))
		}},
		{"size, type and time are known", func(t *testing.T) {
			k := photo(1)
			put(t, k, "12345")
			i, err := s.Stat(ctx, k)
			fatal(t, err)
			if i.Key != k || i.Size != 5 || i.Type != "image/jpeg" || time.Since(i.Modified).Abs() > time.Minute {
				t.Errorf("%+v", i)
			}
		}},
		{"a second put replaces the first at once", func(t *testing.T) {
			k := photo(1)
			put(t, k, "first")
			put(t, k, "second, longer")
			same(t, k, []byte("second, longer"))
		}},
		{"puts at once leave one of them whole", func(t *testing.T) {
			k := photo(1)
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() { put(t, k, strings.Repeat(string(rune('a'+i)), 50_000)) })
			}
			all.Wait()
			got, err := s.Get(ctx, k, 50_000)
			if err != nil || len(got) != 50_000 || !bytes.Equal(got, bytes.Repeat(got[:1], 50_000)) {
				t.Errorf("%d bytes, mixed: %v", len(got), err)
			}
		}},
		{"bytes damaged on the way are refused", func(t *testing.T) {
			k, sum := photo(1), md5.Sum([]byte("what was meant"))
			_, err := s.client.PutObject(ctx, s.bucket, k.name, strings.NewReader("what came in"), 12, base64.StdEncoding.EncodeToString(sum[:]), "", minio.PutObjectOptions{})
			if err == nil {
				t.Error("taken")
			}
			_, err = s.Stat(ctx, k)
			want(t, err, ErrMissing)
		}},
		{"reading what is missing", func(t *testing.T) { _, err := s.Get(ctx, photo(1), 9); want(t, err, ErrMissing) }},
		{"asking for what is missing", func(t *testing.T) { _, err := s.Stat(ctx, photo(1)); want(t, err, ErrMissing) }},
		{"deleting what is missing", func(t *testing.T) { fatal(t, s.Delete(ctx, photo(1))) }},
		{"what is deleted is missing at once", func(t *testing.T) {
			k := photo(1)
			put(t, k, "x")
			fatal(t, s.Delete(ctx, k))
			_, err := s.Get(ctx, k, 9)
			want(t, err, ErrMissing)
		}},
		{"reading within the limit", func(t *testing.T) { k := photo(1); put(t, k, "12345"); _, err := s.Get(ctx, k, 5); fatal(t, err) }},
		{"reading beyond the limit", func(t *testing.T) {
			k := photo(1)
			put(t, k, "12345")
			_, err := s.Get(ctx, k, 4)
			want(t, err, ErrTooLarge)
		}},
		{"nobody reads without a key", func(t *testing.T) { k := photo(1); put(t, k, "x"); anonymous(t, "GET", "/"+k.name, nil) }},
		{"nobody lists without a key", func(t *testing.T) { anonymous(t, "GET", "/?list-type=2", nil) }},
		{"nobody writes without a key", func(t *testing.T) { anonymous(t, "PUT", "/"+photo(1).name, strings.NewReader("x")) }},
		{"nobody deletes without a key", func(t *testing.T) {
			k := photo(1)
			put(t, k, "x")
			anonymous(t, "DELETE", "/"+k.name, nil)
			same(t, k, []byte("x"))
		}},
		{"a wrong secret is refused", func(t *testing.T) {
			c := config(t)
			c.SecretKey, c.Bucket = "not-the-secret", s.bucket
			wrong, err := Open(c)
			fatal(t, err)
			want(t, wrong.Put(ctx, photo(1), []byte("x"), "image/jpeg"), ErrUnavailable)
		}},
		{"a missing bucket is an outage, not a missing photo", func(t *testing.T) {
			other, err := Open(config(t))
			fatal(t, err)
			_, err = other.Get(ctx, photo(1), 9)
			want(t, err, ErrUnavailable)
		}},
		{"a village without objects", func(t *testing.T) {
			for o, err := range s.List(ctx, 77) {
				t.Error(o, err)
			}
		}},
		{"a listing holds the village's own, in order", func(t *testing.T) {
			var mine []string
			for _, v := range []actor.VillageID{3, 31, 33} {
				for range 5 {
					k := photo(v)
					put(t, k, "xyz")
					if v == 3 {
						mine = append(mine, k.name)
					}
				}
			}
			slices.Sort(mine)
			var got []string
			for o, err := range s.List(ctx, 3) {
				fatal(t, err)
				if got = append(got, o.Key.name); o.Size != 3 || o.Modified.IsZero() {
					t.Errorf("%+v", o)
				}
			}
			if !slices.Equal(got, mine) {
				t.Errorf("%v, want %v", got, mine)
			}
		}},
		{"a listing of more than one page", func(t *testing.T) {
			var all sync.WaitGroup
			for range 16 {
				all.Go(func() {
					for range 66 {
						put(t, photo(4), "")
					}
				})
			}
			all.Wait()
			seen := map[string]bool{}
			for o, err := range s.List(ctx, 4) {
				fatal(t, err)
				seen[o.Key.name] = true
			}
			if len(seen) != 16*66 {
				t.Errorf("%d keys", len(seen))
			}
		}},
		{"a listing can be left early", func(t *testing.T) {
			for range s.List(ctx, 4) {
				break
			}
		}},
		{"what is not ours is named in a listing", func(t *testing.T) {
			_, err := s.client.Client.PutObject(ctx, s.bucket, "v5/照片 1.jpg", strings.NewReader("x"), 1, minio.PutObjectOptions{})
			fatal(t, err)
			n := 0
			for _, err := range s.List(ctx, 5) {
				want(t, err, ErrKey)
				n++
			}
			if n != 1 {
				t.Errorf("%d objects", n)
			}
		}},
		{"a key that this package did not make reaches no store", func(t *testing.T) {
			bad := Key{1, "v1/../v2/x"}
			_, err := s.Get(ctx, bad, 9)
			_, err2 := s.Stat(ctx, bad)
			for _, err := range []error{err, err2, s.Put(ctx, bad, nil, ""), s.Delete(ctx, bad), s.Put(ctx, Key{}, nil, "")} {
				want(t, err, ErrKey)
			}
		}},
	} {
		t.Run(c.behaviour, c.try)
	}
}

func TestAPublicBucketIsRefused(t *testing.T) {
	t.Parallel()
	s := store(t)
	ctx := context.Background()
	policy := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%s/*"]}]}`, s.bucket)
	if err := s.client.SetBucketPolicy(ctx, s.bucket, policy); err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureBucket(ctx); !errors.Is(err, ErrPublic) {
		t.Error(err)
	}
}
