# sealift_folder(NAME LINKS TARGET...): one static library of all C files of the current folder, whose include directory is
# the folder itself. Linking is the only way to another folder's headers, so what compiles obeys the diagram.
function(sealift_folder name)
    cmake_parse_arguments(FOLDER "" "" "LINKS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${FOLDER_LINKS})
endfunction()
