extern int fake_slice;
