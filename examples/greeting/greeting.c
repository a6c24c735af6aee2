#include <stdio.h>

int main(int argc, char** argv) {
  printf("Hello, %s!\n", argv[argc - 1]);
  return 0;
}
