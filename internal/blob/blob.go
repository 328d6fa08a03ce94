// Package blob is the only way to the object store, where photos and published sheets lie as bytes. It speaks
// plain S3: any store that passes this package's conformance test will do.
package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
)

// Config says where the store is.
type Config struct {
	Endpoint  string // host:port
	AccessKey string
	SecretKey string
	Bucket    string
	TLS       bool
}

// Faults of the store.
var (
	ErrMissing     = fault.New(fault.NotFound, "blob.missing", "文件已不存在")
	ErrTooLarge    = fault.New(fault.TooLarge, "blob.too_large", "文件太大，无法读取")
	ErrUnavailable = fault.New(fault.Unavailable, "blob.unavailable", "照片和文件暂时存取不了，请过一会儿再试；您填的内容没有丢失")
	ErrPublic      = fault.New(fault.Internal, "blob.public", "存储桶可以匿名访问，程序拒绝使用；请管理员取消公开策略")
)

// Info is what the store knows of an object.
type Info struct {
	Key      Key
	Size     int64
	Type     string // empty in a listing
	Modified time.Time
}

// Store is one private bucket.
type Store struct {
	client  minio.Core
	bucket  string
	breaker breaker
}

const (
	perTry  = 10 * time.Second // waiting for the store's first word
	perCall = 15 * time.Second // one object, tries and bytes included
	perList = 2 * time.Minute
	perFile = 10 * time.Minute // a pack of the archive
)

// Open makes the client; it does not wait for the store.
func Open(c Config) (*Store, error) {
	core, err := minio.NewCore(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: c.TLS, Region: "us-east-1",
		BucketLookup: minio.BucketLookupPath, MaxRetries: 3, Transport: &http.Transport{
			DialContext:           (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ResponseHeaderTimeout: perTry,
			IdleConnTimeout:       time.Minute,
			MaxConnsPerHost:       64,
			MaxIdleConnsPerHost:   16,
			DisableCompression:    true,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("blob: %w", err)
	}
	return &Store{client: *core, bucket: c.Bucket}, nil
}

// EnsureBucket makes the bucket if it is not there, and refuses one that the public can read.
func (s *Store) EnsureBucket(ctx context.Context) error {
	return s.call(ctx, perCall, func(ctx context.Context) error {
		there, err := s.client.BucketExists(ctx, s.bucket)
		if err != nil {
			return err
		}
		if !there {
			err := s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{})
			if code := minio.ToErrorResponse(err).Code; err != nil && code != "BucketAlreadyOwnedByYou" {
				return err
			}
		}
		policy, err := s.client.Client.GetBucketPolicy(ctx, s.bucket)
		if err == nil && policy != "" {
			return ErrPublic
		}
		return err
	})
}

// Put keeps data under k, in place of what was there.
func (s *Store) Put(ctx context.Context, k Key, data []byte, contentType string) error {
	if err := k.check(); err != nil {
		return err
	}
	return s.call(ctx, perCall, func(ctx context.Context) error {
		_, err := s.client.Client.PutObject(ctx, s.bucket, k.name, bytes.NewReader(data), int64(len(data)),
			minio.PutObjectOptions{ContentType: contentType, SendContentMd5: true, DisableMultipart: true})
		return err
	})
}

// Get reads all of an object, or answers ErrTooLarge when it is longer than limit.
func (s *Store) Get(ctx context.Context, k Key, limit int64) (data []byte, err error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	err = s.call(ctx, perCall, func(ctx context.Context) error {
		body, info, _, err := s.client.GetObject(ctx, s.bucket, k.name, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		defer body.Close()
		if info.Size > limit {
			return ErrTooLarge
		}
		data = make([]byte, info.Size)
		_, err = io.ReadFull(body, data)
		return err
	})
	return data, err
}

// PutFile keeps what r gives, size bytes of it, under k; for files too large to hold in memory.
func (s *Store) PutFile(ctx context.Context, k Key, r io.Reader, size int64, contentType string) error {
	if err := k.check(); err != nil {
		return err
	}
	return s.call(ctx, perFile, func(ctx context.Context) error {
		_, err := s.client.Client.PutObject(ctx, s.bucket, k.name, r, size, minio.PutObjectOptions{ContentType: contentType, SendContentMd5: true})
		return err
	})
}

// File opens an object for reading from its beginning; the caller closes it.
func (s *Store) File(ctx context.Context, k Key) (io.ReadCloser, error) {
	if err := k.check(); err != nil {
		return nil, err
	}
	if s.breaker.open() {
		return nil, ErrUnavailable
	}
	body, _, _, err := s.client.GetObject(ctx, s.bucket, k.name, minio.GetObjectOptions{})
	err = translate(ctx, err)
	s.breaker.saw(err)
	if err != nil {
		return nil, err
	}
	return body, nil
}

// Stat says what is known of an object.
func (s *Store) Stat(ctx context.Context, k Key) (i Info, err error) {
	if err := k.check(); err != nil {
		return i, err
	}
	err = s.call(ctx, perCall, func(ctx context.Context) error {
		o, err := s.client.StatObject(ctx, s.bucket, k.name, minio.StatObjectOptions{})
		i = Info{k, o.Size, o.ContentType, o.LastModified}
		return err
	})
	return i, err
}

// Delete removes an object; one that is not there is removed already.
func (s *Store) Delete(ctx context.Context, k Key) error {
	if err := k.check(); err != nil {
		return err
	}
	return s.call(ctx, perCall, func(ctx context.Context) error {
		return s.client.RemoveObject(ctx, s.bucket, k.name, minio.RemoveObjectOptions{})
	})
}

// List gives every object of a village in the order of keys. It ends with the first error. What lies under
// the village's prefix without being a key of this package comes with ErrKey.
func (s *Store) List(ctx context.Context, v actor.VillageID) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		err := s.call(ctx, perList, func(ctx context.Context) error {
			for o := range s.client.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix(v), Recursive: true}) {
				if o.Err != nil {
					return o.Err
				}
				k, err := ParseKey(v, o.Key)
				if !yield(Info{Key: k, Size: o.Size, Modified: o.LastModified}, err) {
					return nil
				}
			}
			return ctx.Err() // a listing that was cut short must not pass for a whole one
		})
		if err != nil {
			yield(Info{}, err)
		}
	}
}

// call runs fn within limit and makes faults of what the store says.
func (s *Store) call(ctx context.Context, limit time.Duration, fn func(context.Context) error) error {
	if s.breaker.open() {
		return ErrUnavailable
	}
	timed, stop := context.WithTimeout(ctx, limit)
	defer stop()
	err := translate(ctx, fn(timed))
	s.breaker.saw(err)
	return err
}

func translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if gone := ctx.Err(); errors.Is(gone, context.Canceled) {
		return gone
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
